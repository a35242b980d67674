/// The pieces of a ZIP that a layer holds scattered: entries stand where the directory says, and others don't.
enum ZipPieces {
    /// The most stretches of entries.
    private static let maximumPieces = 16

    /// Returns each stretch of entries that stand where the directory says: what readers take out of the archive. None
    /// if no entry does.
    ///
    /// - Parameters:
    ///   - archive: from the layer's start to the end of its end record.
    ///   - left: how many entries, or 256 KiB of directories, may still be looked at, over all archives of the layer.
    /// - Returns: nil if the archive is whole, has another defect or more entries, or may lead some readers to another
    ///   directory, so that it is to be read as one.
    static func find(
        in archive: FileSlice, _ end: ZipEnd, _ left: inout Int
    ) throws(UnpackingError) -> [Sighting]? {
        guard try end.followsDirectory(reading: archive.bytes), let record = ZipEndRecord(placedBy: end) else {
            return nil
        }
        // Some readers take the declared offset as it is, and some leave out a 64-bit record.
        if record.prefix != 0, try end.pointsToDirectory(reading: archive.bytes) { return nil }
        if let fields64 = end.fields64, !end.fields32.agrees(with: fields64) { return nil }
        // All of a directory may be searched, however few entries it has.
        left -= record.directory.count >> 18
        var directory = ZipCentralDirectory(end: record, file: archive)
        var (seen, isMissing, ranges): (Int, Bool, [Range<Int64>]) = (0, false, [])
        while let entry = try directory.next() {
            seen += 1
            left -= 1
            var kinds: Set<ZipProblem.Kind> = []
            entry.checkFields { kind, _ in kinds.insert(kind) }
            let place = try entry.checkLocalHeader(in: archive, end: record) { kind, _ in kinds.insert(kind) }
            if kinds.remove(.noLocalHeader) != nil { isMissing = true }
            guard left >= 0, kinds.allSatisfy({ $0.effect < .unopened }) else { return nil }
            if let place {
                if entry.packedSize > 0 { ranges.append(place.range) }
            } else if try hasHeader(at: entry.headerOffset, in: archive) {
                return nil
            }
        }
        guard isMissing, UInt64(seen) == record.entries, try !record.hasNarrowDirectory(of: seen, in: archive) else {
            return nil
        }
        guard !ranges.isEmpty else { return [] }
        let starts = starts(of: ranges)
        guard starts.count <= maximumPieces else { return nil }
        return starts.map { Sighting(.zip, $0..<archive.size, mayBePiece: true) }
    }

    /// Whether an entry's local header stands at its offset as it is, without a prefix.
    private static func hasHeader(at offset: Int64, in archive: FileSlice) throws(UnpackingError) -> Bool {
        try archive.bytes(at: offset, count: 4) == ZipExtents.localHeaderSignature
    }

    /// The starts of the stretches that ranges form which touch each other.
    private static func starts(of ranges: [Range<Int64>]) -> [Int64] {
        var (starts, end): ([Int64], Int64) = ([], -1)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound != end { starts.append(range.lowerBound) }
            end = range.upperBound
        }
        return starts
    }
}
