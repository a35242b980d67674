internal import Support

/// The first range, or all bytes, of one object in a spool.
package final class SpooledBytes: Sendable {
    package let spool: Spool
    /// Bytes of the whole object.
    package let size: Int64
    private let fetched: Range<Int64>
    private let hash: RunningHash
    private let whole: Locked<Bool>

    /// - Parameters:
    ///   - fetched: the range in the spool; begins with the first byte.
    ///   - hash: the hash of those bytes.
    init(_ spool: Spool, size: Int64, fetched: Range<Int64>, hash: RunningHash) {
        self.spool = spool
        self.size = size
        self.fetched = fetched
        self.hash = hash
        whole = Locked(fetched.upperBound == size)
    }

    /// The bytes after the first range.
    package var missing: Range<Int64> { fetched.upperBound..<size }

    /// Bytes in the spool.
    package var count: Int64 { isWhole ? size : fetched.upperBound }

    package internal(set) var isWhole: Bool {
        get { whole.withLock { $0 } }
        set { whole.withLock { $0 = newValue } }
    }

    /// Returns the SHA-256 of all bytes, in lowercase hexadecimal. Call once, after all have arrived.
    package func sha256() async throws(TransferError) -> String {
        guard isWhole else { throw .untrustworthy("only \(count) of \(size) bytes are in the spool to be hashed") }
        do {
            return try await hash.finish(reading: missing, of: spool)
        } catch {
            throw TransferError(error)
        }
    }

    /// Returns the SHA-256 of a range, in lowercase hexadecimal, after all bytes have arrived.
    func sha256(of range: Range<Int64>) async throws(TransferError) -> String {
        guard isWhole else { throw .untrustworthy("only \(count) of \(size) bytes are in the spool to be hashed") }
        do {
            return try await RunningHash().finish(reading: range, of: spool)
        } catch {
            throw TransferError(error)
        }
    }
}
