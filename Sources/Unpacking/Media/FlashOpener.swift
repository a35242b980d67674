/// The plain film that a packed film of Flash becomes (Adobe, "SWF File Format Specification", version 19).
package struct FlashOpener: SinglePartOpener {
    private static let headLength: Int64 = 8
    /// A longer one would be a word of a text.
    private static let longestFilm: UInt64 = 1 << 27

    private let layer: FileSlice
    package var isTaken = false

    /// Whether a layer begins as a film, packed or not.
    static func isHead(_ head: FileStart) -> Bool {
        head.has("WS", at: 1) && [0x43, 0x46, 0x5A].contains(head[0]) && (1...60).contains(head[3])
            && (13..<longestFilm).contains(head.number(4, at: 4)) && head.isBinary
    }

    package init(_ layer: FileSlice) { self.layer = layer }

    package var part: LayerPart { LayerPart("the film") }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let head = try layer.bytes(at: 0, count: Int(Self.headLength))
        guard head.count == Int(Self.headLength), limit >= Self.headLength else {
            throw UnpackingError(.truncated, "a film of \(head.count) bytes")
        }
        let length = Int64(head.number(4, at: 4))
        guard length <= limit else { throw UnpackingError(.tooLarge, "a film of \(length) bytes") }
        try writeScratch([0x46] + head[1...], to: file, at: 0)
        if head[0] == 0x43 {
            let body = layer[Self.headLength..<layer.size]
            return try Self.headLength
                + body.inflate(.zlib, limit: limit - Self.headLength) { bytes, offset throws(UnpackingError) in
                    try writeScratch(bytes, to: file, at: Self.headLength + offset)
                }.unpacked
        }
        // The packed length, then LZMA without an end.
        let decoder = try RawLZMA(layer[Self.headLength + 4..<layer.size])
        var written = Self.headLength
        while written < length {
            let bytes = try decoder.next()
            guard !bytes.isEmpty else { break }
            guard Int64(bytes.count) <= limit - written else { throw UnpackingError(.tooLarge, "a longer film") }
            try writeScratch(bytes[...], to: file, at: written)
            written += Int64(bytes.count)
        }
        return written
    }
}

/// The files in a plain film of Flash: binary data and pictures.
package struct FlashTags: ListingOpener {
    /// The numbers of the tags, how many bytes precede the file in each, and what it is used for.
    private static let files: [UInt64: (skipped: Int64, use: LayerPart.Use)] = [
        6: (2, .picture), 21: (2, .picture), 35: (6, .picture), 90: (8, .picture), 87: (6, .file),
    ]
    private static let maximumTags = 8_000_000

    package var parts = ListedParts()

    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        // Behind the head: a rectangle of four numbers, whose length the first five bits give; a rate and a count.
        let bits = Int64(try layer.bytes(at: 8, count: 1).first ?? 0) >> 3
        var offset = 8 + (5 + 4 * bits + 7) / 8 + 4
        for _ in 0..<Self.maximumTags {
            let head = try layer.bytes(at: offset, count: 6)
            guard head.count >= 2 else { return }
            let (code, short) = (head.number(2, at: 0) >> 6, head.number(2, at: 0) & 63)
            let start = offset + (short == 63 ? 6 : 2)
            let end = start + Int64(short == 63 ? head.number(4, at: 2) : short)
            if let file = Self.files[code], start + file.skipped < end {
                try parts.add("tag \(code)", start + file.skipped..<end, of: layer, use: file.use)
            }
            offset = end
        }
        throw UnpackingError(.tooLarge, "more tags than are read")
    }

    package var unaccounted: [Range<Int64>] { [] }
}
