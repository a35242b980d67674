/// A ZIP archive at the end of other bytes, found by its end record as readers of ZIP find it.
package enum ZipTail {
    /// Returns the range of an archive that has at least one entry, or nil.
    package static func archive(in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        guard let end = try ZipEndRecord.find(in: layer, report: { _, _ in }) else {
            return try lastVolume(in: layer)
        }
        guard end.entries > 0,
            try layer.bytes(at: end.directory.lowerBound, count: 4) == ZipCentralDirectory.entrySignature
        else { return nil }
        let start = min(max(0, end.prefix), layer.size)
        return start..<max(start, min(layer.size, end.records.upperBound))
    }

    /// The last volume of several: its end record follows a directory, whose offset counts from another volume's start.
    private static func lastVolume(in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        let start = max(0, layer.size - Int64(ZipEnd.reach))
        for place in ZipEnd.places(in: try layer.bytes(at: start, count: ZipEnd.reach)) {
            let end = try ZipEnd(at: start + Int64(place), reading: layer.bytes)
            if try end?.followsDirectory(reading: layer.bytes) == true { return 0..<layer.size }
        }
        return nil
    }
}
