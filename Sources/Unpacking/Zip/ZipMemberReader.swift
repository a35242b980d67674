/// Reads single small members of a ZIP by their names.
package struct ZipMemberReader {
    private let file: FileSlice
    private let end: ZipEndRecord
    /// Directories are searched up to this entry: what names a document stands among its first members.
    private static let maximumEntries = 5000

    /// Returns nil if the file has no directory.
    package init?(_ file: FileSlice) throws(UnpackingError) {
        guard let end = try ZipEndRecord.find(in: file, report: { _, _ in }) else { return nil }
        (self.file, self.end) = (file, end)
    }

    /// Returns the bytes of the first of the named members that the directory lists, with its name.
    ///
    /// - Parameter limit: in bytes, of the packed and of the unpacked member. Larger ones are not read.
    package func first(of names: Set<String>, limit: Int) throws(UnpackingError) -> (name: String, bytes: [UInt8])? {
        var directory = ZipCentralDirectory(end: end, file: file)
        var seen = 0
        while seen < Self.maximumEntries, let entry = try directory.next() {
            seen += 1
            let name = String(decoding: entry.name.prefix(64), as: UTF8.self)
            guard names.contains(name), !entry.isEncrypted, entry.packedSize <= UInt64(limit) else { continue }
            guard let bytes = try contents(of: entry, limit: limit) else { continue }
            return (name, bytes)
        }
        return nil
    }

    private func contents(of entry: ZipEntry, limit: Int) throws(UnpackingError) -> [UInt8]? {
        guard let data = try entry.dataStart(in: file, end: end) else { return nil }
        switch entry.method {
        case 0: return try file.bytes(at: data, count: Int(entry.packedSize))
        case 8:
            guard data <= file.size else { return nil }
            let packed = file[data..<min(file.size, data + Int64(entry.packedSize))]
            var bytes: [UInt8] = []
            let isWhole = try? packed.inflate(.raw, limit: Int64(limit)) { piece, _ in bytes += piece }
            return isWhole == nil ? nil : bytes
        default: return nil
        }
    }
}
