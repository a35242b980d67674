/// A check of a ZIP archive's structure: its end record, its central directory, and each entry's local header.
///
/// Some readers use the central directory at the end, others read from local header to local header. If the two could
/// yield different content, the list of any one reader is not enough. Source: PKWARE's APPNOTE.TXT 6.3.10.
package struct ZipStructure: Sendable {
    /// The number of entries in the central directory.
    package private(set) var entries = 0
    /// The number of entries with data.
    package private(set) var dataEntries = 0
    /// Where the data of each entry begin, in ascending order.
    private(set) var dataStarts: [Int64] = []
    /// Entries beside the directory that a later one of the same name replaces.
    package private(set) var replaced: [Range<Int64>] = []
    private var found: [ZipProblem.Kind: ZipProblem] = [:]

    /// At most one problem of each kind, the worst first.
    package var problems: [ZipProblem] {
        found.values.sorted { ($0.kind.effect, $0.kind.rawValue) > ($1.kind.effect, $1.kind.rawValue) }
    }

    /// Whether some reader may see content that is not in the central directory.
    package var hidesContent: Bool { found.keys.contains { $0.effect == .ambiguous } }

    /// The most entries that are checked: each costs a few dozen bytes of memory and a read.
    package static let maximumEntries = 2_000_000
    /// How many entries that declare no bytes are decoded. Nearly all writers pack nothing to the same two bytes.
    private static let maximumDecodings = 20_000

    /// An estimate of the number of entries, from the end record alone: what it declares, or what the directory has
    /// room for at 128 bytes each. 0 without an end record.
    package static func estimatedEntries(of file: FileSlice) throws(UnpackingError) -> UInt64 {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }) else { return 0 }
        return max(end.entries, UInt64(end.directory.count / 128))
    }

    /// The archive without a comment, or zeros behind it, that are so long that libarchive does not find the end
    /// record: it looks for that in the last 16 KiB.
    package static func withoutLongComment(_ file: FileSlice) throws(UnpackingError) -> FileSlice {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }), file.size - end.commentStart > 8 << 10
        else { return file }
        return file[0..<end.commentStart]
    }

    /// - Parameter hasForeignPrefix: whether the bytes before the first entry are another file, such as a program,
    ///   which is inspected by itself. It may contain anything.
    /// - Throws: `.read` if the file cannot be read, `.tooLarge` with more than `maximumEntries`. Defects of the
    ///   archive itself are among `problems`.
    package init(
        descriptor: CInt, offset: Int64 = 0, size: Int64, hasForeignPrefix: Bool = false
    ) throws(UnpackingError) {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        guard let end = try ZipEndRecord.find(in: file, report: { found.add($0, $1) }) else {
            if found.isEmpty { found.add(.noDirectory, "no end record") }
            return
        }
        var directory = ZipCentralDirectory(end: end, file: file)
        var (extents, decodingsLeft) = (ZipExtents(), Self.maximumDecodings)
        while let entry = try directory.next() {
            guard entries < Self.maximumEntries else {
                throw UnpackingError(.tooLarge, "a directory of more than \(Self.maximumEntries) entries")
            }
            entries += 1
            if entry.size > 0 || entry.packedSize > 0 { dataEntries += 1 }
            entry.checkFields { found.add($0, $1) }
            if let place = try entry.checkLocalHeader(in: file, end: end, report: { found.add($0, $1) }) {
                extents.add(place.range, isEmpty: entry.packedSize == 0)
                dataStarts.append(place.dataStart)
                if try entry.hasUndeclaredBytes(at: place.dataStart, in: file, &decodingsLeft) {
                    found.add(.sizesContradict, "\(entry.printableName): declared to be empty, and it is not")
                }
            }
        }
        directory.checkEnd(entries: entries) { found.add($0, $1) }
        if try end.hasNarrowDirectory(of: entries, in: file) {
            found.add(.directoryDisagrees, "another directory for readers that leave out the 64-bit end record")
        }
        try extents.check(in: file, end: end, hasForeignPrefix: hasForeignPrefix) { found.add($0, $1) }
        replaced = extents.replaced
        dataStarts.sort()
    }
}

extension [ZipProblem.Kind: ZipProblem] {
    fileprivate mutating func add(_ kind: ZipProblem.Kind, _ detail: String) {
        self[kind, default: ZipProblem(kind: kind, detail: detail)].count += 1
    }
}
