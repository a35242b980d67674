/// A ZIP that does not begin with its layer: behind a program, a picture or any other bytes, or one volume of a split
/// one. Readers find it by its end record.
enum EmbeddedZip {
    /// How many end records are looked at. Programs that read ZIP contain the magic number a few times.
    private static let maximumCandidates = 4096

    /// Returns the archives whose end record leads to a directory, each from the layer's start to the end of its
    /// comment: its offsets may count what precedes it.
    ///
    /// - Parameters:
    ///   - isArchive: whether the layer is an archive itself. Its members are layers of their own: only an end record
    ///     at its tail, where readers search first, makes it a ZIP as well.
    ///   - mayBeScattered: whether pieces of one ZIP may stand apart in the layer, as in the sectors of an OLE2
    ///     document and the records of a workbook. The whole is a part of the layer.
    static func find(
        in slice: FileSlice, isArchive: Bool, mayBeScattered: Bool
    ) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        var searched = isArchive ? max(0, slice.size - Int64(ZipEnd.reach)) : 0
        // Over all records, so that their directories cannot multiply.
        var entriesLeft = maximumCandidates
        for _ in 0..<maximumCandidates {
            guard let offset = try slice.firstOffset(of: ZipEnd.signature, in: searched..<slice.size) else {
                // Readers take the last end record, or the one whose comment ends with the file.
                let ends = [slice.size, found.last?.range.upperBound]
                return isArchive ? found.filter { ends.contains($0.range.upperBound) } : found
            }
            if let end = try ZipEnd(at: offset, reading: slice.bytes), try leadsToDirectory(end, in: slice) {
                let archive = slice[0..<min(slice.size, end.end)]
                let pieces = mayBeScattered ? try ZipPieces.find(in: archive, end, &entriesLeft) : nil
                found += pieces ?? [Sighting(.zip, 0..<archive.size)]
                if found.count > FormFinder.maximumSightings { return found }
            }
            searched = offset + 1
        }
        throw UnpackingError(.tooLarge, "more than \(maximumCandidates) end records of a ZIP")
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
