/// A ZIP archive at the end of other bytes, found by its end record as readers of ZIP find it.
package enum ZipTail {
    private static let entrySignature: [UInt8] = [0x50, 0x4B, 1, 2]
    private static let recordLength = 22
    private static let maximumCommentLength = 0xFFFF

    /// Returns the range of an archive that has at least one entry, or nil.
    package static func archive(in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        guard layer.size >= Int64(recordLength) else { return nil }
        let end = try ZipEndRecord.find(in: layer, report: { _, _ in })
        guard let end else { return try lastVolume(in: layer) }
        guard end.entries > 0, try layer.bytes(at: end.directory.lowerBound, count: 4) == entrySignature else {
            return nil
        }
        let start = min(max(0, end.prefix), layer.size)
        return start..<max(start, min(layer.size, end.records.upperBound))
    }

    /// The last volume of several: its end record follows a directory, whose offset counts from another volume's start.
    private static func lastVolume(in layer: FileSlice) throws(UnpackingError) -> Range<Int64>? {
        let start = max(0, layer.size - Int64(recordLength + maximumCommentLength))
        let tail = try layer.bytes(at: start, count: recordLength + maximumCommentLength)
        var from = 0
        while let index = tail.index(of: ZipEndRecord.signature, from: from) {
            from = index + 1
            guard index + recordLength <= tail.count, tail.number(2, at: index + 10) > 0 else { continue }
            let directory = start + Int64(index) - Int64(tail.number(4, at: index + 12))
            if try layer.bytes(at: directory, count: 4) == entrySignature { return 0..<layer.size }
        }
        return nil
    }
}
