/// The programs in a universal binary of macOS (`mach-o/fat.h`), or of Apple's EFI, which has the other order of bytes:
/// a table of processors, offsets and lengths.
package struct UniversalBinary: ListingOpener {
    /// A class of Java begins with the same bytes; its version follows, which is larger.
    private static let maximumPrograms: UInt64 = 30

    package var parts = ListedParts()

    /// With offsets of four and of eight bytes, and that of EFI.
    static let marks: [[UInt8]] = [0xBE, 0xBF].map { [0xCA, 0xFE, 0xBA, $0] } + [[0xB9, 0xFA, 0xF1, 0x0E]]

    static func isHead(_ head: FileStart) -> Bool {
        marks.contains { head.has($0) } && (1...maximumPrograms).contains(number(head.bytes[...], 4, at: 4))
    }

    /// Returns a number of a table in the order of bytes that its mark has.
    private static func number(_ table: ArraySlice<UInt8>, _ count: Int, at place: Int) -> UInt64 {
        table.first == marks[2][0] ? table.number(count, at: place) : table.bigNumber(count, at: place)
    }

    /// Whether the number of programs behind a mark in a block can be one, as none of a class of Java is; true if the
    /// block has too few bytes.
    static func isPlausible(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let head = block[mark...].prefix(8)
        return head.count < 8 || (1...maximumPrograms).contains(number(head, 4, at: 4))
    }

    /// Whether a table stands at an offset behind other bytes: the first program is within the layer, and its row
    /// names the power of two that its offset is a multiple of.
    static func isAt(_ offset: Int64, in layer: FileSlice) throws(UnpackingError) -> Bool {
        let head = FileStart(bytes: try layer.bytes(at: offset, count: 40))
        let size = head.has(marks[1]) ? 8 : 4
        let (start, length) = (number(head.bytes[...], size, at: 16), number(head.bytes[...], size, at: 16 + size))
        let left = UInt64(layer.size - offset)
        return isHead(head) && number(head.bytes[...], 4, at: 16 + 2 * size) <= 32 && start >= 28 && start < left
            && (1...left - start).contains(length)
    }

    /// - Throws: `.truncated` if the table or a program is cut.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 8)
        let isWide = head[3] == 0xBF
        let (count, rowLength) = (Int(Self.number(head[...], 4, at: 4)), isWide ? 32 : 20)
        let table = try layer.bytes(at: 0, count: 8 + count * rowLength)
        guard table.count == 8 + count * rowLength else { throw UnpackingError(.truncated, "the table is cut") }
        for place in stride(from: 8, to: table.count, by: rowLength) {
            let start = Int64(bounding: Self.number(table[...], isWide ? 8 : 4, at: place + 8))
            let length = Int64(bounding: Self.number(table[...], isWide ? 8 : 4, at: place + (isWide ? 16 : 12)))
            guard start + length <= layer.size else { throw UnpackingError(.truncated, "a program is cut") }
            try parts.add("program", start..<start + length, of: layer)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
