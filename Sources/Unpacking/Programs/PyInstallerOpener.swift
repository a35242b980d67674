/// The files behind a program that PyInstaller made: a table, and each file as it is or as a zlib stream. Source:
/// `PyInstaller/archive/readers.py` (`CArchiveReader`).
package struct PyInstallerOpener: ListingOpener {
    static let mark: [UInt8] = [0x4D, 0x45, 0x49, 0x0C, 0x0B, 0x0A, 0x0B, 0x0E]
    private static let longestTable = 16 << 20
    private static let rowLength = 18

    package var parts = ListedParts(maximum: 100_000)

    /// Returns the range of the archive whose last record, the mark's, stands at an offset; nil if its numbers lead
    /// to no table.
    static func range(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Range<Int64>? {
        let record = try layer.bytes(at: offset, count: 24)
        guard record.count == 24 else { return nil }
        let (size, place) = (Int64(record.bigNumber(4, at: 8)), Int64(record.bigNumber(4, at: 12)))
        let length = Int64(record.bigNumber(4, at: 16))
        // The record has 24 bytes, or 88 with a library's name. The size counts it.
        for end in [offset + 88, offset + 24] where end <= layer.size {
            let start = end - size
            guard start >= 0, length > 0, place + length <= size else { continue }
            let row = try layer.bytes(at: start + place, count: 4)
            if (UInt64(rowLength)..<4096).contains(row.bigNumber(4, at: 0)) { return start..<end }
        }
        return nil
    }

    /// - Parameters:
    ///   - layer: the bytes around it.
    ///   - mark: where the last record begins.
    /// - Throws: `.malformed` for a damaged table, `.truncated`, `.tooLarge`.
    package init(_ layer: FileSlice, at mark: Int64) throws(UnpackingError) {
        guard let range = try Self.range(in: layer, at: mark) else {
            throw UnpackingError(.malformed, "a record that leads to no table")
        }
        let record = try layer.bytes(at: mark, count: 24)
        let length = Int(record.bigNumber(4, at: 16))
        guard length <= Self.longestTable else { throw UnpackingError(.tooLarge, "a table of \(length) bytes") }
        let table = try layer.bytes(at: range.lowerBound + Int64(record.bigNumber(4, at: 12)), count: length)
        var place = 0
        while place + Self.rowLength <= table.count {
            let row = Int(table.bigNumber(4, at: place))
            guard row >= Self.rowLength, row <= table.count - place else {
                throw UnpackingError(.malformed, "a damaged table")
            }
            let start = range.lowerBound + Int64(table.bigNumber(4, at: place + 4))
            let packed = Int64(table.bigNumber(4, at: place + 8))
            guard start + packed <= range.upperBound else { throw UnpackingError(.truncated, "a file is cut") }
            let name = table[(place + Self.rowLength)..<(place + row)].prefix { $0 != 0 }
            if packed > 0 {
                try parts.add(
                    ListedParts.Part(
                        Array(name),
                        .layer(
                            ScatteredSlice(layer, start..<start + packed), table[place + 16] == 0 ? .none : .zlib)))
            }
            place += row
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
