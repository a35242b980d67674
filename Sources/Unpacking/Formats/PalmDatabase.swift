/// The records of a database for Palm OS, or the resources of a program, and so those of a book in its format, for
/// Kindle too ("Palm File Format Specification"): a head of 78 bytes, then the offset of each.
package struct PalmDatabase: ListingOpener {
    private static let headLength = 78
    private static let isResources: UInt64 = 1
    /// The least of a type and of a creator: letters and digits.
    private static let letters: ClosedRange<UInt8> = 0x20...0x7E

    package var parts = ListedParts(maximum: 65_536)

    /// Whether a layer begins as one: a name that ends with a zero, a type, a creator, and a first record behind the
    /// table.
    static func isHead(_ head: FileStart) -> Bool {
        guard head.bytes.count > headLength + 10, head.isBinary || head[31] == 0 else { return false }
        let name = head.bytes[..<32].prefix { $0 != 0 }
        guard name.count < 32, name.allSatisfy({ letters.contains($0) || $0 >= 0x80 }) else { return false }
        guard head.bytes[60..<68].allSatisfy(letters.contains), head.bigEndian(4, at: 72) == 0 else { return false }
        let (count, rowLength) = (Int(head.bigEndian(2, at: 76)), rowLength(head.bytes))
        let first = Int(head.bigEndian(4, at: headLength + (rowLength == 10 ? 6 : 0)))
        let end = headLength + count * rowLength
        return count > 0 && (end...end + 4096).contains(first)
    }

    private static func rowLength(_ head: [UInt8]) -> Int { head.bigNumber(2, at: 32) & isResources != 0 ? 10 : 8 }

    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: Self.headLength)
        let (count, rowLength) = (Int(head.bigNumber(2, at: 76)), Self.rowLength(head))
        let table = try layer.bytes(at: Int64(Self.headLength), count: count * rowLength)
        guard table.count == count * rowLength else { throw UnpackingError(.truncated, "the table is cut") }
        let offsets = (0..<count).map { Int64(table.bigNumber(4, at: $0 * rowLength + (rowLength == 10 ? 6 : 0))) }
        for (number, offset) in offsets.enumerated() {
            let end = number + 1 < count ? offsets[number + 1] : layer.size
            guard offset <= end, end <= layer.size else { throw UnpackingError(.malformed, "record \(number)") }
            try parts.add("record \(number)", offset..<end, of: layer, use: .working)
        }
        if let text = try PalmText(layer, offsets + [layer.size], type: Array(head[60..<68]))?.decoded() {
            try parts.add(ListedParts.Part(Array("text".utf8), .memory(text[...])))
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
