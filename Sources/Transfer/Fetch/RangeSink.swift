internal import AWS
internal import Domain
internal import Support

/// Writes one range of an object to the spool, and rejects any answer that does not contain exactly the requested
/// range.
///
/// - Every try starts at the beginning of the range, and overwrites the bytes of an earlier one.
/// - The first range may be shorter than requested if the object is; its answer has the size of the object.
/// - Stores that ignore ranges send the whole object with status 200: bytes before the range are skipped, and the
///   answer is cut behind it.
final class RangeSink: ObjectSink {
    enum Expectation {
        /// At most the first `limit` bytes of an object whose size is not certain yet.
        case first(limit: Int64)
        /// A whole object that is expected to be empty: requested without a range.
        case empty
        /// Exactly these bytes of an object of `size` bytes.
        case part(Range<Int64>, size: Int64)
    }

    private struct State {
        var spool: Spool?
        var size: Int64 = 0
        var range: Range<Int64> = 0..<0
        var received: Int64 = 0
        var hash: RunningHash?
        var hasOtherETag = false
        /// The whole object is sent, of which only the range is wanted.
        var isCutFromWhole = false
        /// Bytes before the range that are still to come.
        var skipped: Int64 = 0
        var head: ObjectHead?
    }

    /// The object was expected to be empty and is not.
    struct NotEmpty: Error {}

    /// The range has arrived, and the rest of the answer is not wanted.
    struct RangeComplete: Error {}

    /// What an answer's body contains: the range, or the whole object.
    private struct Found {
        let range: Range<Int64>
        let size: Int64
        var isWhole = false
    }

    private let expectation: Expectation
    private let pin: ObjectVersion
    private let folder: SpoolFolder
    private let state: Locked<State>

    /// - Parameters:
    ///   - pin: the version or ETag that every answer must have, if known.
    ///   - spool: nil for a first range, which creates the spool once the object's size is known.
    init(_ expectation: Expectation, of pin: ObjectVersion, folder: SpoolFolder, spool: Spool? = nil) {
        self.expectation = expectation
        self.pin = pin
        self.folder = folder
        state = Locked(State(spool: spool))
    }

    /// Whether the last answer had another ETag than the requested one.
    var hasOtherETag: Bool { state.withLock { $0.hasOtherETag } }

    func begin(_ head: ObjectHead) throws {
        try checkState(of: head)
        let found = try checkedRange(of: head)
        let (range, size) = (found.range, found.size)
        if let length = head.contentLength, !found.isWhole, length != range.upperBound - range.lowerBound {
            throw BodyRejected(
                reason: "Content-Length \(length) for bytes \(range.lowerBound)..<\(range.upperBound)",
                isTransient: true)
        }
        let folder = self.folder
        let hashes = isHashed
        try state.withLock { state in
            if state.spool == nil || (hashes && state.size != size) {
                state.spool = try Spool(in: folder, size: size)
            }
            state.size = size
            state.range = range
            state.received = 0
            state.hash = hashes ? RunningHash() : nil
            state.isCutFromWhole = found.isWhole
            state.skipped = found.isWhole ? range.lowerBound : 0
            state.head = head
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            let length = state.range.upperBound - state.range.lowerBound
            let skipped = min(state.skipped, Int64(bytes.count))
            state.skipped -= skipped
            let later = bytes.count - Int(skipped)
            let room = length - state.received
            guard Int64(later) <= room || state.isCutFromWhole else {
                throw BodyRejected(reason: "more than the \(length) announced bytes", isTransient: true)
            }
            let wanted = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[Int(skipped)..<Int(skipped) + Int(min(Int64(later), room))])
            guard let spool = state.spool else { return }
            try unsafe spool.write(wanted, at: state.range.lowerBound + state.received)
            state.received += Int64(wanted.count)
            unsafe state.hash?.update(wanted)
            if state.isCutFromWhole, state.received == length, state.range.upperBound < state.size {
                throw RangeComplete()
            }
        }
    }

    /// The head of the last answer that was not rejected.
    var head: ObjectHead? { state.withLock { $0.head } }

    /// Whether all bytes of the range have arrived.
    var isWhole: Bool { state.withLock { $0.received == $0.range.upperBound - $0.range.lowerBound } }

    /// Returns the received bytes after a successful request. Throws if bytes are missing.
    func finish() throws(TransferError) -> SpooledBytes {
        let (spool, size, range, received, hash) = state.withLock { state in
            (state.spool, state.size, state.range, state.received, state.hash)
        }
        guard let spool, received == range.upperBound - range.lowerBound else {
            throw .untrustworthy("\(received) bytes arrived for bytes \(range.lowerBound)..<\(range.upperBound)")
        }
        return SpooledBytes(spool, size: size, fetched: range, hash: hash ?? RunningHash())
    }

    /// S3 honours the version or ETag of a request; compatible stores and caches do not always.
    private func checkState(of head: ObjectHead) throws(BodyRejected) {
        guard let etag = head.etag else { throw BodyRejected(reason: "the answer has no ETag", isTransient: true) }
        if let version = pin.versionID, let answered = head.versionID, answered != version {
            throw BodyRejected(reason: "version \(answered) was returned for version \(version)", isTransient: true)
        }
        let isOther = pin.etag.map { $0 != etag } ?? false
        state.withLock { $0.hasOtherETag = isOther }
        if isOther {
            throw BodyRejected(reason: "ETag \(etag) was returned for \(pin.etag ?? "")", isTransient: true)
        }
    }

    /// Whether bytes are hashed as they arrive. Parts arrive in any order, and are hashed once all are there.
    private var isHashed: Bool {
        if case .part = expectation { false } else { true }
    }

    private func checkedRange(of head: ObjectHead) throws -> Found {
        switch expectation {
        case .empty:
            guard head.status == 200, let length = head.contentLength else {
                throw BodyRejected(
                    reason: "status \(head.status), Content-Length \(head.contentLength ?? -1) for a whole object",
                    isTransient: true)
            }
            guard length == 0 else { throw NotEmpty() }
            return Found(range: 0..<0, size: 0)
        case .first(let limit):
            if let size = wholeSize(head) { return Found(range: 0..<min(limit, size), size: size, isWhole: true) }
            let found = try contentRange(of: head)
            guard found.range == 0..<min(limit, found.size) else {
                throw BodyRejected(
                    reason: "Content-Range \(found.range) of \(found.size) for the first \(limit) bytes",
                    isTransient: true)
            }
            return found
        case .part(let range, let size):
            if let whole = wholeSize(head), whole == size { return Found(range: range, size: size, isWhole: true) }
            let found = try contentRange(of: head)
            guard found.range == range, found.size == size else {
                throw BodyRejected(
                    reason: "Content-Range \(found.range) of \(found.size) for \(range) of \(size)", isTransient: true)
            }
            return found
        }
    }

    /// The object's size, if all of it is sent: status 200, and no Content-Range or one that names fewer bytes than are
    /// sent. Nil if the length is not announced, since a body that ends early would look complete.
    private func wholeSize(_ head: ObjectHead) -> Int64? {
        guard head.status == 200, let length = head.contentLength else { return nil }
        guard let range = head.contentRange else { return length }
        return range.total == length ? length : nil
    }

    /// What Content-Range says, whether the status is 206 or 200.
    private func contentRange(of head: ObjectHead) throws(BodyRejected) -> Found {
        guard head.status == 206 || head.status == 200, let range = head.contentRange, let total = range.total,
            range.first <= range.last
        else {
            throw BodyRejected(
                reason: "status \(head.status) without a whole Content-Range for a range", isTransient: true)
        }
        return Found(range: range.first..<range.last + 1, size: total)
    }
}
