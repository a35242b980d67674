/// The members of a ZIP that are packed by Deflate64, as Windows packs files of more than 2 GiB, in the order of the
/// directory.
struct Deflate64Members {
    private let file: FileSlice
    private let end: ZipEndRecord
    private var directory: ZipCentralDirectory
    private var current: ZipEntry?

    /// Returns nil if the file has no directory.
    init?(_ file: FileSlice) throws(UnpackingError) {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }) else { return nil }
        (self.file, self.end) = (file, end)
        directory = ZipCentralDirectory(end: end, file: file)
    }

    mutating func next() throws(UnpackingError) -> LayerPart? {
        while let entry = try directory.next() {
            guard entry.method == ZipEntry.deflate64, entry.size > 0, !entry.isEncrypted else { continue }
            current = entry
            return LayerPart(name: entry.name, size: Int64(exactly: entry.size))
        }
        current = nil
        return nil
    }

    /// Decodes the current member.
    ///
    /// - Throws: also `.malformed` if its size, its checksum or the end of its packed bytes is not what the directory
    ///   says.
    func unpack(into scratch: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let entry = current, let start = try entry.dataStart(in: file, end: end),
            let packed = Int64(exactly: entry.packedSize), start <= file.size, packed <= file.size - start
        else { throw UnpackingError(.truncated, "a member's packed bytes are beyond the end") }
        var stream = Inflater(file[start..<start + packed], .deflate64)
        var writer = ScratchWriter(scratch, limit: limit)
        var checksum = CRC32()
        while true {
            let bytes = try stream.next()
            guard !bytes.isEmpty else { break }
            guard UInt64(writer.count) + UInt64(bytes.count) <= entry.size else {
                throw UnpackingError(.malformed, "a member has more bytes than it declares")
            }
            checksum.add(bytes)
            try writer.append(bytes)
        }
        let size = try writer.finish()
        guard UInt64(size) == entry.size, UInt64(checksum.value) == entry.checksum, stream.input.position == packed
        else { throw UnpackingError(.malformed, "a member's size or checksum is wrong") }
        return size
    }
}
