/// What 7-Zip writes of a Flash video (Adobe, "Flash Video File Format Specification", version 10.1, annex E): the
/// sound if it is MP3, and a sound or a picture that is the only one, without the byte of its format. Other tags stay
/// in the videos that it writes.
package struct FlashVideo: ListingOpener {
    static let mark: [UInt8] = [0x46, 0x4C, 0x56, 1]
    private static let sound: UInt8 = 8
    private static let picture: UInt8 = 9
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
        var single: [UInt8: [Range<Int64>]] = [:]
        // The length of the tag before precedes each.
        var offset = Int64(try layer.bytes(at: 5, count: 4).bigNumber(4, at: 0)) + 4
        var tags = 0
        while true {
            let head = try layer.bytes(at: offset, count: Int(Self.headLength) + 1)
            guard head.count > Int(Self.headLength) else { break }
            tags += 1
            guard tags <= Self.maximumTags else { throw UnpackingError(.tooLarge, "more tags than are read") }
            let start = offset + Self.headLength
            let end = start + Int64(head.bigNumber(3, at: 1))
            // The type of a tag has five bits; a format precedes what it holds.
            let type = head[0] & 0x1F
            let content = start + 1..<max(start + 1, min(end, layer.size))
            if type == Self.sound, head[Int(Self.headLength)] >> 4 == Self.mp3 { try frames.append(content) }
            // Two are enough to know that there are several.
            if type == Self.sound || type == Self.picture, single[type, default: []].count < 2 {
                single[type, default: []].append(content)
            }
            offset = end + 4
        }
        if frames.size > 0 { try parts.add(ListedParts.Part(Array("sound".utf8), .layer(frames), isGuess: true)) }
        for (_, ranges) in single.sorted(by: { $0.key < $1.key }) where ranges.count == 1 {
            try parts.add("content", ranges[0], of: layer, isGuess: true)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
