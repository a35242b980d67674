/// A ZIP that does not begin with its layer: behind a program, a picture or any other bytes, or one volume of a split
/// one. Readers find it by its end record.
enum EmbeddedZip {
    private static let recordLength: Int64 = 22
    /// How many end records are looked at. Programs that read ZIP contain the magic number a few times.
    private static let maximumCandidates = 4096

    /// Returns the archives whose end record leads to a directory, each from the layer's start to the end of its
    /// comment: its offsets may count what precedes it.
    ///
    /// - Parameter isArchive: whether the layer is an archive itself. Its members are layers of their own: only an end
    ///   record at its tail, where readers search first, makes it a ZIP as well.
    static func find(in slice: FileSlice, isArchive: Bool) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        var searched = isArchive ? max(0, slice.size - recordLength - 0xFFFF) : 0
        for _ in 0..<maximumCandidates {
            guard let offset = try slice.firstOffset(of: ZipEndRecord.signature, in: searched..<slice.size) else {
                return found
            }
            if try leadsToDirectory(offset, in: slice) {
                let comment = try slice.bytes(at: offset + 20, count: 2).number(2, at: 0)
                found.append(Sighting(.zip, 0..<min(slice.size, offset + recordLength + Int64(comment))))
                if found.count > FormFinder.maximumSightings { return found }
            }
            searched = offset + 1
        }
        throw UnpackingError(.tooLarge, "more than \(maximumCandidates) end records of a ZIP")
    }

    /// Whether an entry stands where the directory should be: right before the end records, or at the offset that
    /// the record gives. On the last of several volumes the directory may be on an earlier one.
    private static func leadsToDirectory(_ offset: Int64, in slice: FileSlice) throws(UnpackingError) -> Bool {
        let record = try slice.bytes(at: offset, count: Int(recordLength))
        guard record.count == Int(recordLength) else { return false }
        let (disk, directoryDisk) = (record.number(2, at: 4), record.number(2, at: 6))
        let (entriesHere, entries) = (record.number(2, at: 8), record.number(2, at: 10))
        var (size, start) = (record.number(4, at: 12), record.number(4, at: 16))
        var end = offset
        let locator = try slice.bytes(at: offset - 20, count: 20)
        if locator.count == 20, locator.starts(with: [0x50, 0x4B, 6, 7]) {
            let record64 = try slice.bytes(at: offset - 76, count: 56)
            if record64.starts(with: [0x50, 0x4B, 6, 6]) {
                (size, start, end) = (record64.number(8, at: 40), record64.number(8, at: 48), offset - 76)
            }
        }
        guard entries > 0, entriesHere <= entries else { return false }
        for place in [Int64(exactly: size).map { end - $0 }, Int64(exactly: start)].compactMap(\.self) where place >= 0
        {
            if try slice.bytes(at: place, count: 4) == ZipCentralDirectory.entrySignature { return true }
        }
        // A set of volumes: the numbers are small, and the directory begins on this volume or on an earlier one.
        return (1...0xFFF).contains(disk) && directoryDisk <= disk && size >= entries * 46 && size < 1 << 28
    }
}
