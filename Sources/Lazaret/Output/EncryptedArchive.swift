internal import CArchive
internal import Support

/// A ZIP whose members are encrypted with AES-256 (WinZip's AE-2), written by libarchive.
@safe final class EncryptedArchive {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let archive: OpaquePointer

    /// - Parameter descriptor: stays open.
    init(to descriptor: CInt, password: String) throws(Failure) {
        guard let archive = unsafe archive_write_new() else { throw Failure(description: "out of memory") }
        unsafe self.archive = archive
        try check(unsafe archive_write_set_format_zip(archive))
        try check(unsafe archive_write_set_options(archive, "zip:encryption=aes256"))
        try check(unsafe archive_write_set_passphrase(archive, password))
        try check(unsafe archive_write_open_fd(archive, descriptor))
    }

    deinit { unsafe archive_write_free(archive) }

    /// Adds a member.
    ///
    /// - Parameters:
    ///   - size: bytes.
    ///   - read: reads some bytes at an offset; 0 at the end.
    func add(
        name: String, size: Int64, _ read: (UnsafeMutableRawBufferPointer, Int64) throws(SystemError) -> Int
    ) throws {
        guard let entry = unsafe archive_entry_new() else { throw Failure(description: "out of memory") }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname_utf8(entry, name)
        unsafe archive_entry_set_size(entry, size)
        unsafe archive_entry_set_filetype(entry, UInt32(0o100000))
        unsafe archive_entry_set_perm(entry, 0o400)
        try check(unsafe archive_write_header(archive, entry))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var offset: Int64 = 0
        while offset < size {
            let count = try unsafe read(buffer, offset)
            guard count > 0 else { throw Failure(description: "the object ends after \(offset) of \(size) bytes") }
            let written = unsafe archive_write_data(archive, buffer.baseAddress, count)
            guard written == count else { throw Failure(description: reason) }
            offset += Int64(count)
        }
    }

    func finish() throws(Failure) { try check(unsafe archive_write_close(archive)) }

    private func check(_ code: CInt) throws(Failure) {
        guard code == ARCHIVE_OK else { throw Failure(description: reason) }
    }

    private var reason: String {
        let text = unsafe archive_error_string(archive).map { unsafe String(cString: $0) } ?? "unknown"
        return "the ZIP could not be written: \(text)"
    }
}
