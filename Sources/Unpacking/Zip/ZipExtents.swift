/// The byte ranges of a ZIP archive that its entries cover, and the gaps between them.
struct ZipExtents {
    static let localHeaderSignature: [UInt8] = [0x50, 0x4B, 3, 4]

    private struct Extent {
        let range: Range<Int64>
        /// Whether its headers declare no data.
        let isEmpty: Bool

        var lowerBound: Int64 { range.lowerBound }
        var upperBound: Int64 { range.upperBound }
    }

    private var extents: [Extent] = []
    /// Entries that a later one of the same name replaces. Found by `check`.
    private(set) var replaced: [Range<Int64>] = []
    /// How often the directory is searched for another entry of a name.
    private static let maximumSearches = 16
    private var searches = 0

    mutating func add(_ range: Range<Int64>, isEmpty: Bool) { extents.append(Extent(range: range, isEmpty: isEmpty)) }

    /// Checks the entries in the order of the file.
    mutating func check(
        in file: FileSlice, end: ZipEndRecord, hasForeignPrefix: Bool, report: ZipProblem.Reporter
    ) throws(UnpackingError) {
        extents.sort { $0.lowerBound < $1.lowerBound }
        var covered: Int64 = 0
        var followsEmpty = false
        for (index, extent) in extents.enumerated() {
            if extent.lowerBound < covered, index > 0 {
                report(.overlap, "an entry at \(extent.lowerBound), before another one ends at \(covered)")
            } else if index > 0 || !hasForeignPrefix {
                try checkGap(
                    covered..<extent.lowerBound, isPrefix: index == 0, followsEmpty: followsEmpty, in: file, end, report
                )
            }
            if extent.upperBound >= covered { followsEmpty = extent.isEmpty }
            covered = max(covered, extent.upperBound)
        }
        let directory = end.directory
        if covered > directory.lowerBound {
            report(.overlap, "an entry extends into the directory at \(directory.lowerBound)")
        } else {
            // An APK signing block precedes the directory, whatever the last entry is.
            let isSigned = try file.bytes(at: directory.lowerBound - 16, count: 16) == Self.apkSignature
            try checkGap(
                covered..<directory.lowerBound, isPrefix: extents.isEmpty, followsEmpty: followsEmpty && !isSigned,
                in: file, end, report)
        }
    }

    /// The last bytes of an APK signing block. Source: "APK signature scheme v2", Android Open Source Project.
    private static let apkSignature = Array("APK Sig Block 42".utf8)

    /// - Parameter followsEmpty: whether the entry before the gap declares no data. A streaming reader takes the gap
    ///   for its data.
    private mutating func checkGap(
        _ gap: Range<Int64>, isPrefix: Bool, followsEmpty: Bool, in file: FileSlice, _ directory: ZipEndRecord,
        _ report: ZipProblem.Reporter
    ) throws(UnpackingError) {
        guard !gap.isEmpty else { return }
        var gap = gap
        if let entries = try replacedEntries(filling: gap, in: file, directory) {
            replaced += entries
            return
        }
        while let end = try virtualEntryEnd(at: gap.lowerBound, before: gap.upperBound, in: file) {
            gap = end..<gap.upperBound
        }
        guard !gap.isEmpty else { return }
        if let offset = try file.firstOffset(of: Self.localHeaderSignature, in: gap) {
            report(.hiddenEntry, "a local header at \(offset) without an entry")
        }
        // Archives that were meant to be split begin with a marker of four bytes.
        if isPrefix, gap.upperBound == 4 { return }
        guard try file.firstNonzeroOffset(in: gap) != nil else { return }
        let kind: ZipProblem.Kind = isPrefix ? .prefix : followsEmpty ? .undeclaredData : .gap
        report(kind, "\(gap.count) bytes at \(gap.lowerBound)")
    }

    /// Returns the entries that fill a gap, if each of them is replaced by a later one; nil otherwise.
    private mutating func replacedEntries(
        filling gap: Range<Int64>, in file: FileSlice, _ directory: ZipEndRecord
    ) throws(UnpackingError) -> [Range<Int64>]? {
        var (entries, start): ([Range<Int64>], Int64) = ([], gap.lowerBound)
        while start < gap.upperBound {
            guard let end = try replacedEntryEnd(at: start, before: gap.upperBound, in: file, directory) else {
                return nil
            }
            entries.append(start..<end)
            start = end
        }
        return entries
    }

    /// Returns the end of an entry that is whole and that the directory lists again at another place: KDE's writer, and
    /// so Krita, leaves the first one where it was. Directories lead to the last one, and readers that go from header
    /// to header write it over the first.
    private mutating func replacedEntryEnd(
        at offset: Int64, before limit: Int64, in file: FileSlice, _ end: ZipEndRecord
    ) throws(UnpackingError) -> Int64? {
        let header = try file.bytes(at: offset, count: 30)
        guard header.count == 30, header.starts(with: Self.localHeaderSignature), header.number(2, at: 6) & ~0x806 == 0
        else { return nil }
        let nameLength = Int(header.number(2, at: 26))
        let name = try file.bytes(at: offset + 30, count: nameLength)
        let entryEnd =
            offset + 30 + Int64(nameLength) + Int64(header.number(2, at: 28)) + Int64(header.number(4, at: 18))
        guard nameLength > 0, entryEnd <= limit, searches < Self.maximumSearches else { return nil }
        searches += 1
        var directory = ZipCentralDirectory(end: end, file: file)
        while let entry = try directory.next() {
            if entry.name == name, entry.headerOffset > offset - end.prefix { return entryEnd }
        }
        return nil
    }

    /// Returns the end of a virtual entry, with which Android's zipflinger fills gaps: a local header without a name, a
    /// size, flags, a method or a checksum, and an extra field of zeros. Nothing can be read from it.
    private func virtualEntryEnd(
        at offset: Int64, before limit: Int64, in file: FileSlice
    ) throws(UnpackingError) -> Int64? {
        let header = try file.bytes(at: offset, count: 30)
        guard header.count == 30, header.starts(with: Self.localHeaderSignature),
            header[6..<10].allSatisfy({ $0 == 0 }), header[14..<28].allSatisfy({ $0 == 0 })
        else { return nil }
        let end = offset + 30 + Int64(header.number(2, at: 28))
        guard end <= limit, try file.firstNonzeroOffset(in: offset + 30..<end) == nil else { return nil }
        return end
    }
}
