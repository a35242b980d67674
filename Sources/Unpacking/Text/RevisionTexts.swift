/// The texts in a file of RCS or CVS (rcsfile(5)): strings between `@`, in which `@@` stands for one. The first text
/// is the file of the latest revision.
package struct RevisionTexts: LayerOpener {
    private static let maximumTexts = 100_000
    private static let longestNumber = 256
    private static let blockLength = 1 << 16

    private let layer: FileSlice
    private var offset: Int64 = 0
    private var count = 0
    private var start: Int64 = 0

    /// Whether a layer begins as such a file: `head`, a number and a semicolon, then `access` or `branch`, with any
    /// white space between them.
    static func begins(_ layer: FileSlice, _ head: [UInt8]) throws(UnpackingError) -> Bool {
        if let first = head.first(where: { !isBlank($0) }), first != 0x68 { return false }
        var place = try firstWord(in: layer, from: 0)
        guard try layer.bytes(at: place, count: 4) == Array("head".utf8) else { return false }
        place = try firstWord(in: layer, from: place + 4)
        let number = try layer.bytes(at: place, count: longestNumber).prefix {
            $0 == 0x2E || (0x30...0x39).contains($0)
        }
        place = try firstWord(in: layer, from: place + Int64(number.count))
        guard try layer.bytes(at: place, count: 1) == [0x3B] else { return false }
        let keyword = try layer.bytes(at: firstWord(in: layer, from: place + 1), count: 6)
        return keyword == Array("access".utf8) || keyword == Array("branch".utf8)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (8...13).contains(byte) }

    /// Returns the offset of the first byte that is no white space, or the layer's end.
    private static func firstWord(in layer: FileSlice, from offset: Int64) throws(UnpackingError) -> Int64 {
        var offset = offset
        while true {
            let block = try layer.bytes(at: offset, count: blockLength)
            if let index = block.firstIndex(where: { !isBlank($0) }) { return offset + Int64(index) }
            guard !block.isEmpty else { return layer.size }
            offset += Int64(block.count)
        }
    }

    package init(_ layer: FileSlice) { self.layer = layer }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        if start > 0, offset == start { offset = try unpack { _ throws(UnpackingError) in } }
        while let found = try layer.firstOffset(of: [0x40], in: offset..<layer.size) {
            count += 1
            guard count <= Self.maximumTexts else { throw UnpackingError(.tooLarge, "more than \(count) texts") }
            (start, offset) = (found + 1, found + 1)
            // A text follows its keyword; a log and a comment are texts as well.
            return LayerPart("text \(count)")
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        offset = try unpack { bytes throws(UnpackingError) in try writer.append(bytes) }
        return try writer.finish()
    }

    /// Hands out the bytes of the current text, and returns the offset behind its end.
    ///
    /// - Throws: `.truncated` if it has no end.
    private func unpack(
        _ write: (ArraySlice<UInt8>) throws(UnpackingError) -> Void
    ) throws(UnpackingError) -> Int64 {
        var place = start
        while true {
            let block = try layer.bytes(at: place, count: Self.blockLength)
            guard !block.isEmpty else { throw UnpackingError(.truncated, "a text without an end") }
            var index = 0
            while index < block.count, let quote = block[index...].firstIndex(of: 0x40) {
                var following = block[(quote + 1)...].first
                if following == nil { following = try layer.bytes(at: place + Int64(quote) + 1, count: 1).first }
                guard following == 0x40 else {
                    try write(block[index..<quote])
                    return place + Int64(quote) + 1
                }
                try write(block[index...quote])
                index = quote + 2
            }
            if index < block.count { try write(block[index...]) }
            place += Int64(max(index, block.count))
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
