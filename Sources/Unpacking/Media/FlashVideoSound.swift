/// The sound of a Flash video (Adobe, "Flash Video File Format Specification", version 10.1, annex E) that is MP3:
/// 7-Zip writes its frames to a file. Other sounds and pictures stay in their tags.
package struct FlashVideoSound: ListingOpener {
    static let mark: [UInt8] = [0x46, 0x4C, 0x56, 1]
    private static let sound: UInt8 = 8
    private static let mp3: UInt8 = 2
    private static let headLength: Int64 = 11
    private static let maximumTags = 8_000_000

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool {
        // Which tags there are, and where the first one is.
        head.has(mark) && head[4] & 0xFA == 0 && (9...64).contains(head.bigEndian(4, at: 5))
    }

    /// - Throws: `.tooLarge`. A tag that is cut ends with the layer.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        var frames = ScatteredSlice(layer)
        // The length of the tag before precedes each.
        var offset = Int64(try layer.bytes(at: 5, count: 4).bigNumber(4, at: 0)) + 4
        for _ in 0..<Self.maximumTags {
            let head = try layer.bytes(at: offset, count: Int(Self.headLength) + 1)
            guard head.count > Int(Self.headLength) else {
                guard frames.size > 0 else { return }
                try parts.add(ListedParts.Part(Array("sound".utf8), .layer(frames), isGuess: true))
                return
            }
            let start = offset + Self.headLength
            let end = start + Int64(head.bigNumber(3, at: 1))
            // The type of a tag has five bits; a format precedes the frame.
            if head[0] & 0x1F == Self.sound, head[Int(Self.headLength)] >> 4 == Self.mp3, start + 1 < end {
                try frames.append(start + 1..<min(end, layer.size))
            }
            offset = end + 4
        }
        throw UnpackingError(.tooLarge, "more tags than are read")
    }

    package var unaccounted: [Range<Int64>] { [] }
}
