internal import Digest
internal import Dispatch
internal import Glibc
internal import Support

/// The SHA-256 of a spool's bytes, computed as they arrive.
final class RunningHash: Sendable {
    private let hash = Locked<SHA256?>(SHA256())

    init() {}

    func update(_ bytes: UnsafeRawBufferPointer) { hash.withLock { unsafe $0?.update(bytes) } }

    /// Returns the hash in lowercase hexadecimal. Reads the bytes that are not hashed yet, `rest`, from the spool, on a
    /// thread that may block.
    func finish(reading rest: Range<Int64>, of spool: Spool) async throws(SystemError) -> String {
        guard !rest.isEmpty else { return finish() }
        let result: Result<String, SystemError> = await withCheckedContinuation { waiter in
            DispatchQueue.global().async {
                waiter.resume(returning: Result { () throws(SystemError) in try self.read(rest, of: spool) })
            }
        }
        return try result.get()
    }

    private func finish() -> String {
        let bytes: [UInt8] = hash.withLock { hash in
            guard let hash = hash.take() else { return [] }
            return hash.finish()
        }
        return hexadecimal(bytes)
    }

    private func read(_ rest: Range<Int64>, of spool: Spool) throws(SystemError) -> String {
        let chunk = 256 << 10
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { unsafe buffer.deallocate() }
        var offset = rest.lowerBound
        while offset < rest.upperBound {
            let wanted = Int(min(Int64(chunk), rest.upperBound - offset))
            let slice = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            let count = try unsafe spool.read(into: slice, at: offset)
            guard count == wanted else { throw SystemError("read the whole spool", code: EIO) }
            unsafe update(UnsafeRawBufferPointer(slice))
            offset += Int64(count)
        }
        return finish()
    }
}
