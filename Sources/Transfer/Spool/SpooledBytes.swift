internal import Glibc
package import Support

/// The bytes of one object in a spool: the first range of them, or all.
package final class SpooledBytes: Sendable {
    package let spool: Spool
    /// Bytes of the whole object.
    package let size: Int64
    private let fetched: Range<Int64>
    private let hash: RunningHash
    private let whole: Locked<Bool>

    /// - Parameters:
    ///   - fetched: the bytes that are there, from the first.
    ///   - hash: over those bytes.
    init(_ spool: Spool, size: Int64, fetched: Range<Int64>, hash: RunningHash) {
        self.spool = spool
        self.size = size
        self.fetched = fetched
        self.hash = hash
        whole = Locked(fetched.upperBound == size)
    }

    /// Bytes that the first range left.
    package var missing: Range<Int64> { fetched.upperBound..<size }

    /// Bytes in the spool.
    package var count: Int64 { isWhole ? size : fetched.upperBound }

    package internal(set) var isWhole: Bool {
        get { whole.withLock { $0 } }
        set { whole.withLock { $0 = newValue } }
    }

    /// The SHA-256 of all bytes, in lowercase hexadecimal. Ask once, when all are there.
    package func sha256() async throws(TransferError) -> String {
        guard isWhole else { throw .untrustworthy("only \(count) of \(size) bytes are there to hash") }
        do {
            return try await hash.finish(reading: missing, of: spool)
        } catch {
            throw TransferError(error)
        }
    }

    /// The SHA-256 of some of the bytes, when all are there, in lowercase hexadecimal.
    func sha256(of range: Range<Int64>) async throws(TransferError) -> String {
        guard isWhole else { throw .untrustworthy("only \(count) of \(size) bytes are there to hash") }
        do {
            return try await RunningHash().finish(reading: range, of: spool)
        } catch {
            throw TransferError(error)
        }
    }
}

extension SpooledBytes {
    /// Copies a local file into a spool, so that it can't change under a scan. Blocks; for the command line.
    package static func copying(file path: String, into directory: String) throws(SystemError) -> SpooledBytes {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("open \(path)") }
        let file = Descriptor(owning: number)
        var facts = stat()
        guard unsafe fstat(file.number, &facts) == 0 else { throw SystemError("look at \(path)") }
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
        // Nothing counts as fetched for the hash: it is made in one go from the spool.
        let bytes = SpooledBytes(spool, size: size, fetched: 0..<0, hash: RunningHash())
        bytes.isWhole = true
        return bytes
    }
}
