package import Domain

/// The decoded start of a file with a `Content-Encoding`, by which its type is found.
package enum EncodedContent {
    /// Returns the first decoded bytes, or nil if the file is not encoded so: a browser could not show it either.
    ///
    /// - Parameter limit: in bytes.
    package static func start(of file: FileSlice, _ encoding: ContentEncoding, limit: Int) -> [UInt8]? {
        let start =
            switch encoding {
            case .brotli: BrotliOpener(file).start(limit: limit)
            case .gzip: archiveStart(of: file, .gzip, [0x1F, 0x8B], limit: limit)
            case .zstd: archiveStart(of: file, .zstd, [0x28, 0xB5, 0x2F, 0xFD], limit: limit)
            }
        return start.isEmpty ? nil : start
    }

    private static func archiveStart(
        of file: FileSlice, _ form: ContainerForm, _ magic: [UInt8], limit: Int
    ) -> [UInt8] {
        guard let head = try? file.bytes(at: 0, count: magic.count), head == magic,
            var archive = try? Archive(descriptor: file.descriptor, offset: file.start, size: file.size, form: form),
            (try? archive.next()) != nil
        else { return [] }
        // A first range ends within the stream: what decoded before the error counts. Short reads find where that is.
        var start: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1024)
        while start.count < limit, let count = try? archive.read(into: &block), count > 0 {
            start += block.prefix(min(count, limit - start.count))
        }
        return start
    }
}
