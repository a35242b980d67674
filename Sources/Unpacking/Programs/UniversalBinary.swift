/// The programs in a universal binary of macOS (`mach-o/fat.h`): a table of processors, offsets and lengths.
package struct UniversalBinary: ListingOpener {
    /// A class of Java begins with the same bytes; its version follows, which is larger.
    private static let maximumPrograms: UInt64 = 30

    package var parts = ListedParts()

    /// With offsets of four and of eight bytes.
    static let marks: [[UInt8]] = [0xBE, 0xBF].map { [0xCA, 0xFE, 0xBA, $0] }

    static func isHead(_ head: FileStart) -> Bool {
        marks.contains { head.has($0) } && (1...maximumPrograms).contains(head.bigEndian(4, at: 4))
    }

    /// Whether the number of programs behind a mark in a block can be one, as none of a class of Java is; true if the
    /// block has too few bytes.
    static func isPlausible(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let number = block[mark...].dropFirst(4).prefix(4)
        return number.count < 4 || (1...maximumPrograms).contains(number.bigNumber(4, at: 0))
    }

    /// Whether a table stands at an offset behind other bytes: the first program is within the layer, and its row
    /// names the power of two that its offset is a multiple of.
    static func isAt(_ offset: Int64, in layer: FileSlice) throws(UnpackingError) -> Bool {
        let head = FileStart(bytes: try layer.bytes(at: offset, count: 40))
        let size = head.has(marks[1]) ? 8 : 4
        let (start, length) = (head.bigEndian(size, at: 16), head.bigEndian(size, at: 16 + size))
        let left = UInt64(layer.size - offset)
        return isHead(head) && head.bigEndian(4, at: 16 + 2 * size) <= 32 && start >= 28 && start < left
            && (1...left - start).contains(length)
    }

    /// - Throws: `.truncated` if the table or a program is cut.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 8)
        let isWide = head[3] == 0xBF
        let (count, rowLength) = (Int(head.bigNumber(4, at: 4)), isWide ? 32 : 20)
        let table = try layer.bytes(at: 8, count: count * rowLength)
        guard table.count == count * rowLength else { throw UnpackingError(.truncated, "the table is cut") }
        for place in stride(from: 0, to: table.count, by: rowLength) {
            let start = Int64(bounding: table.bigNumber(isWide ? 8 : 4, at: place + 8))
            let length = Int64(
                bounding: isWide ? table.bigNumber(8, at: place + 16) : table.bigNumber(4, at: place + 12))
            guard start + length <= layer.size else { throw UnpackingError(.truncated, "a program is cut") }
            try parts.add("program", start..<start + length, of: layer)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
