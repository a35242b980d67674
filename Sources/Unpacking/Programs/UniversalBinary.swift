/// The programs in a universal binary of macOS (`mach-o/fat.h`): a table of processors, offsets and lengths.
package struct UniversalBinary: ListingOpener {
    /// A class of Java begins with the same bytes; its version follows, which is larger.
    private static let maximumPrograms: UInt64 = 30

    package var parts = ListedParts()

    static func isHead(_ head: FileStart) -> Bool {
        (head.has([0xCA, 0xFE, 0xBA, 0xBE]) || head.has([0xCA, 0xFE, 0xBA, 0xBF]))
            && (1...maximumPrograms).contains(head.bigEndian(4, at: 4))
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
