/// A text in UTF-16 or UTF-32, as ASCII: what is encoded in it stands in letters of one byte then. Other letters become
/// question marks.
package struct WideTextOpener: SinglePartOpener {
    /// How many units a text without a mark has to have that are all ASCII.
    private static let sample = 64

    private struct Width {
        let count: Int
        /// The index, within a unit, of the byte that holds a letter of ASCII.
        let place: Int
    }

    private let layer: FileSlice
    private let width: Width
    package var isTaken = false

    /// Whether a layer begins as such a text: a byte order mark, or many units of ASCII.
    static func isWide(_ head: FileStart) -> Bool { width(of: head.bytes) != nil }

    private static func width(of head: [UInt8]) -> Width? {
        for (count, place) in [(4, 0), (4, 3), (2, 0), (2, 1)] where head.count >= 4 * count {
            var units = head.prefix(count * (sample + 1)).count / count
            var first = 0
            // FE FF, with zeros before or behind it.
            let mark: [UInt8] = count == 2 ? [0xFE, 0xFF] : [0, 0, 0xFE, 0xFF]
            if head.starts(with: place == 0 ? mark.reversed() : mark) { first = 1 } else if units < sample { continue }
            units = min(units, first == 1 ? 4 : sample)
            let isASCII = (first..<units).allSatisfy { unit in
                (0..<count).allSatisfy {
                    let byte = head[unit * count + $0]
                    return $0 == place ? (9...13).contains(byte) || (0x20...0x7E).contains(byte) : byte == 0
                }
            }
            if isASCII { return Width(count: count, place: place) }
        }
        return nil
    }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        guard let width = Self.width(of: try layer.bytes(at: 0, count: 512)) else {
            throw UnpackingError(.malformed, "no text of wide letters")
        }
        self.width = width
    }

    package var part: LayerPart { LayerPart("the text", use: .working) }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        var isFirst = true
        try layer.forEachBlock(in: 0..<layer.size) { block throws(UnpackingError) in
            var text: [UInt8] = []
            text.reserveCapacity(block.count / width.count)
            for unit in stride(from: 0, to: block.count - width.count + 1, by: width.count) {
                let others = (0..<width.count).contains { $0 != width.place && block[unit + $0] != 0 }
                let byte = block[unit + width.place]
                text.append(others || byte > 0x7E ? 0x3F : byte)
            }
            // The mark at the beginning is no letter.
            if isFirst, text.first == 0x3F { text.removeFirst() }
            isFirst = false
            try writer.append(text)
        }
        return try writer.finish()
    }
}
