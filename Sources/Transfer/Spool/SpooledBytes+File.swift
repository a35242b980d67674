internal import Glibc
package import Support

extension SpooledBytes {
    /// Copies a local file into a spool, so that it can't change during a scan. Blocks; for the command line.
    package static func copying(file path: String, into directory: String) throws(SystemError) -> SpooledBytes {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let file = Descriptor(owning: number)
        var facts = stat()
        guard unsafe fstat(file.number, &facts) == 0 else { throw SystemError("stat \(path)") }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemError("read \(path): not a file", code: EINVAL) }

        let spool = try Spool(in: directory, size: Int64(facts.st_size))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { unsafe buffer.deallocate() }
        var size: Int64 = 0
        while true {
            let count = unsafe read(file.number, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read \(path)") }
            if count == 0 { break }
            try unsafe spool.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: size)
            size += Int64(count)
        }
        // No range counts as hashed: the hash is computed from the spool.
        let bytes = SpooledBytes(spool, size: size, fetched: 0..<0, hash: RunningHash())
        bytes.isWhole = true
        return bytes
    }
}
