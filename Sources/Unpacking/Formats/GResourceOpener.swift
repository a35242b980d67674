/// The files in a bundle of GLib's resources (`gvdb-format.h` and `gresource.c` of GLib): tables of hashes, whose
/// values are a size, flags and bytes, which may be a zlib stream.
package struct GResourceOpener: ListingOpener {
    static let mark = Array("GVariant".utf8) + [0, 0, 0, 0]
    private static let rowLength = 24
    private static let value: UInt8 = 0x76
    private static let table: UInt8 = 0x48
    private static let isPacked: UInt64 = 1
    /// Behind the head of a file: a size and flags.
    private static let headLength: Int64 = 8
    private static let maximumTables = 1000

    package var parts = ListedParts()
    private var end: Int64 = 0

    /// Returns the length of a bundle as far as its files and tables reach, or nil if none begins at an offset.
    static func length(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let head = try layer.bytes(at: offset, count: 24)
        let (start, end) = (Int64(head.number(4, at: 16)), Int64(head.number(4, at: 20)))
        guard head.starts(with: mark), start >= 24, start + 8 <= end, end <= layer.size - offset else { return nil }
        let rest = layer[offset..<layer.size]
        return (try? GResourceOpener(rest).end) ?? rest.size
    }

    /// - Throws: `.malformed` for a table that does not lie in the bundle, or a file that does not; `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        let head = try layer.bytes(at: 0, count: 24)
        var tables = [Int64(head.number(4, at: 16))..<max(Int64(head.number(4, at: 16)), Int64(head.number(4, at: 20)))]
        var (index, seen) = (0, Set(tables))
        // Tables do not overlap, so each row is read once.
        var tableBytes: Int64 = 0
        while index < tables.count {
            let range = tables[index]
            index += 1
            // The words of a filter, the buckets, and the rows.
            let sizes = try layer.bytes(at: range.lowerBound, count: 8)
            let skipped = 8 + 4 * (Int64(sizes.number(4, at: 0) & 0x07FF_FFFF) + Int64(sizes.number(4, at: 4)))
            end = max(end, range.upperBound)
            tableBytes += Int64(range.count)
            guard sizes.count == 8, range.upperBound <= layer.size, skipped <= range.count, tableBytes <= end else {
                throw UnpackingError(.malformed, "a table at \(range.lowerBound)")
            }
            let rows = range.lowerBound + skipped..<range.upperBound
            for place in stride(
                from: rows.lowerBound, through: rows.upperBound - Int64(Self.rowLength), by: Self.rowLength)
            {
                let row = try layer.bytes(at: place, count: Self.rowLength)
                let body =
                    Int64(row.number(4, at: 16))..<max(Int64(row.number(4, at: 16)), Int64(row.number(4, at: 20)))
                if row[14] == Self.table, seen.insert(body).inserted { tables.append(body) }
                guard tables.count <= Self.maximumTables else {
                    throw UnpackingError(.tooLarge, "more than 1000 tables")
                }
                if row[14] == Self.value { try add(body, of: layer) }
            }
        }
    }

    /// A value of another type, such as the setting of a program, ends with the text of that type.
    private mutating func add(_ body: Range<Int64>, of layer: FileSlice) throws(UnpackingError) {
        guard body.upperBound <= layer.size else { throw UnpackingError(.malformed, "a file beyond the end") }
        end = max(end, body.upperBound)
        let type = Array("\0(uuay)".utf8)
        guard body.count > Int(Self.headLength) + type.count,
            try layer.bytes(at: body.upperBound - Int64(type.count), count: type.count) == type
        else { return }
        let head = try layer.bytes(at: body.lowerBound, count: Int(Self.headLength))
        let isPacked = head.number(4, at: 4) & Self.isPacked != 0
        // A file that is stored has a zero behind it.
        let start = body.lowerBound + Self.headLength
        let end = isPacked ? body.upperBound - Int64(type.count) : start + Int64(head.number(4, at: 0))
        guard end <= body.upperBound else { throw UnpackingError(.malformed, "a file beyond its value") }
        try parts.add("file", start..<end, of: layer, isPacked ? .zlib : .none)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
