/// A ZIP that does not begin with its layer: behind a program, a picture or any other bytes, or one volume of a split
/// one. Readers find it by its end record.
enum EmbeddedZip {
    /// How many end records are looked at. Programs that read ZIP contain the magic number a few times.
    private static let maximumCandidates = 4096

    /// Returns the archives whose end record leads to a directory, each from the layer's start to the end of its
    /// comment: its offsets may count what precedes it.
    ///
    /// - Parameter isArchive: whether the layer is an archive itself. Its members are layers of their own: only an end
    ///   record at its tail, where readers search first, makes it a ZIP as well. The sectors of an OLE2 document, one
    ///   behind the other, hold pieces of others.
    static func find(in slice: FileSlice, isArchive: Bool) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        var searched = isArchive ? max(0, slice.size - Int64(ZipEnd.reach)) : 0
        // Over all records, so that their directories cannot multiply.
        var entriesLeft = maximumCandidates
        for _ in 0..<maximumCandidates {
            guard let offset = try slice.firstOffset(of: ZipEnd.signature, in: searched..<slice.size) else {
                // Readers take the last end record, or the one whose comment ends with the file.
                return isArchive ? found.filter { $0 == found.last || $0.range.upperBound == slice.size } : found
            }
            if let end = try ZipEnd(at: offset, reading: slice.bytes), try leadsToDirectory(end, in: slice),
                !isArchive || hasEntry(slice[0..<min(slice.size, end.end)], &entriesLeft)
            {
                found.append(Sighting(.zip, 0..<min(slice.size, end.end)))
                if found.count > FormFinder.maximumSightings { return found }
            }
            searched = offset + 1
        }
        throw UnpackingError(.tooLarge, "more than \(maximumCandidates) end records of a ZIP")
    }

    /// Whether one of the first entries of an archive's directory has a local header. Without any, no reader takes
    /// something out: it is a piece of an archive that stands elsewhere.
    ///
    /// - Parameter left: how many entries may still be looked at. Without any left, the archive counts as one.
    private static func hasEntry(_ archive: FileSlice, _ left: inout Int) -> Bool {
        guard let end = try? ZipEndRecord.find(in: archive, report: { _, _ in }) else { return true }
        var directory = ZipCentralDirectory(end: end, file: archive)
        do throws(UnpackingError) {
            while left > 0 {
                left -= 1
                guard let entry = try directory.next() else { return false }
                let (start, isFar) = entry.headerOffset.addingReportingOverflow(end.prefix)
                if !isFar, try archive.bytes(at: start, count: 4) == [0x50, 0x4B, 3, 4] { return true }
            }
        } catch {}
        return true
    }

    /// Whether an entry stands where the directory should be: right before the end records, or at the offset that
    /// the record gives. On the last of several volumes the directory may be on an earlier one.
    private static func leadsToDirectory(_ end: ZipEnd, in slice: FileSlice) throws(UnpackingError) -> Bool {
        let fields = end.fields32
        guard fields.entries > 0, fields.entriesHere <= fields.entries else { return false }
        if try end.followsDirectory(reading: slice.bytes) { return true }
        if try end.pointsToDirectory(reading: slice.bytes) { return true }
        // A set of volumes: the numbers are small, and the directory begins on this volume or on an earlier one.
        let size = end.fields.directorySize
        return (1...0xFFF).contains(fields.disk) && fields.directoryDisk <= fields.disk && size >= fields.entries * 46
            && size < 1 << 28
    }
}
