internal import AWS
internal import Domain
internal import Support

/// Takes one range of an object into the spool, and lets nothing pass that is not exactly what was asked for.
///
/// - Every try begins anew: what an earlier one wrote is overwritten.
/// - The first range may be shorter than asked, where the object is; it then tells the whole size.
final class RangeSink: ObjectSink {
    enum Expectation {
        /// The object's first bytes, `limit` at the most, of a size that is not known for certain yet.
        case first(limit: Int64)
        /// A whole object that is told to be empty: asked for without a range.
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
        var metAnotherState = false
    }

    /// The object is told to be empty and is not.
    struct NotEmpty: Error {}

    private let expectation: Expectation
    private let pin: ObjectVersion
    private let folder: SpoolFolder
    private let state: Locked<State>

    /// - Parameters:
    ///   - pin: the state that every answer must be of, as far as it is known.
    ///   - spool: nil for a first range, which makes the spool when it knows the object's size.
    init(_ expectation: Expectation, of pin: ObjectVersion, folder: SpoolFolder, spool: Spool? = nil) {
        self.expectation = expectation
        self.pin = pin
        self.folder = folder
        state = Locked(State(spool: spool))
    }

    /// Whether the last answer was of another ETag than the one that was asked for.
    var metAnotherState: Bool { state.withLock { $0.metAnotherState } }

    func begin(_ head: ObjectHead) throws {
        try checkState(of: head)
        let (range, size) = try checkedRange(of: head)
        if let length = head.contentLength, length != range.upperBound - range.lowerBound {
            throw BodyRejected(
                reason: "Content-Length \(length) for bytes \(range.lowerBound)..<\(range.upperBound)",
                isTransient: true)
        }
        let folder = self.folder
        let hashes = hashesWhatItTakes
        try state.withLock { state in
            if state.spool == nil || (hashes && state.size != size) {
                state.spool = try Spool(in: folder, size: size)
            }
            state.size = size
            state.range = range
            state.received = 0
            state.hash = hashes ? RunningHash() : nil
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            let length = state.range.upperBound - state.range.lowerBound
            guard state.received + Int64(bytes.count) <= length else {
                throw BodyRejected(reason: "more than the \(length) bytes told", isTransient: true)
            }
            guard let spool = state.spool else { return }
            try unsafe spool.write(bytes, at: state.range.lowerBound + state.received)
            state.received += Int64(bytes.count)
            unsafe state.hash?.update(bytes)
        }
    }

    /// Whether all bytes of the range are there.
    var isWhole: Bool { state.withLock { $0.received == $0.range.upperBound - $0.range.lowerBound } }

    /// What came, once the request has ended well. Throws where bytes are missing.
    func finish() throws(TransferError) -> SpooledBytes {
        let (spool, size, range, received, hash) = state.withLock { state in
            (state.spool, state.size, state.range, state.received, state.hash)
        }
        guard let spool, received == range.upperBound - range.lowerBound else {
            throw .untrustworthy("\(received) bytes came for bytes \(range.lowerBound)..<\(range.upperBound)")
        }
        return SpooledBytes(spool, size: size, fetched: range, hash: hash ?? RunningHash())
    }

    /// S3 keeps to what a request is pinned to; stores and caches that only resemble it do not always.
    private func checkState(of head: ObjectHead) throws(BodyRejected) {
        guard let etag = head.etag else { throw BodyRejected(reason: "there is no ETag", isTransient: true) }
        if let version = pin.versionID, let told = head.versionID, told != version {
            throw BodyRejected(reason: "version \(told) came for version \(version)", isTransient: true)
        }
        let isAnother = pin.etag.map { $0 != etag } ?? false
        state.withLock { $0.metAnotherState = isAnother }
        if isAnother { throw BodyRejected(reason: "ETag \(etag) came for \(pin.etag ?? "")", isTransient: true) }
    }

    /// Parts come in any order and are hashed once all are there.
    private var hashesWhatItTakes: Bool {
        if case .part = expectation { false } else { true }
    }

    private func checkedRange(of head: ObjectHead) throws -> (range: Range<Int64>, size: Int64) {
        switch expectation {
        case .empty:
            guard head.status == 200, let length = head.contentLength else {
                throw BodyRejected(
                    reason: "status \(head.status), Content-Length \(head.contentLength ?? -1) for a whole object",
                    isTransient: true)
            }
            guard length == 0 else { throw NotEmpty() }
            return (0..<0, 0)
        case .first(let limit):
            let told = try contentRange(of: head)
            guard told.range == 0..<min(limit, told.size) else {
                throw BodyRejected(
                    reason: "Content-Range \(told.range) of \(told.size) for the first \(limit) bytes",
                    isTransient: true)
            }
            return told
        case .part(let range, let size):
            let told = try contentRange(of: head)
            guard told.range == range, told.size == size else {
                throw BodyRejected(
                    reason: "Content-Range \(told.range) of \(told.size) for \(range) of \(size)", isTransient: true)
            }
            return told
        }
    }

    private func contentRange(of head: ObjectHead) throws(BodyRejected) -> (range: Range<Int64>, size: Int64) {
        guard head.status == 206, let told = head.contentRange, let total = told.total, told.first <= told.last else {
            throw BodyRejected(
                reason: "status \(head.status) without a whole Content-Range for a range", isTransient: true)
        }
        return (told.first..<told.last + 1, total)
    }
}
