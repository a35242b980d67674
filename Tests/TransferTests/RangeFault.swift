import TestKit
import Transfer

/// Faults in the answer to a ranged GET.
enum RangeFault: String, CaseIterable, Sendable {
    case slowDown, internalError, droppedConnection, cutMidBody
    case lengthTooLong, lengthTooShort, noLengthAndShort, longerThanAnnounced, longerThanAnnouncedInChunks
    case wholeBodyOfUnknownLength, anotherRange, anotherTotal, noContentRange, anotherETag, noETag, stalled

    func answer(_ call: ScriptedS3.Call) -> ScriptedAnswer {
        var right = call.right()
        let (count, range) = (right.body.count, call.range!)
        switch self {
        case .slowDown: return .s3(503, "SlowDown", "Please reduce your request rate.")
        case .internalError: return .s3(500, "InternalError")
        case .droppedConnection: return .drops
        case .cutMidBody: right.cutAfter = count / 3
        case .lengthTooLong:
            right.framing = .claims(count + 50)
            right.closes = true
        case .lengthTooShort: right.framing = .claims(count - 50)
        case .noLengthAndShort:
            right.body.removeLast(50)
            right.framing = .chunked
        case .longerThanAnnounced: right.body += [UInt8](repeating: 0, count: 50)
        case .longerThanAnnouncedInChunks:
            right.body += [UInt8](repeating: 0, count: 50)
            right.framing = .chunked
        case .wholeBodyOfUnknownLength:
            right = right.with("Content-Range", nil)
            right.status = 200
            right.framing = .chunked
            right.body = [UInt8](repeating: 7, count: 5000)
        case .anotherRange:
            return right.with("Content-Range", "bytes \(range.lowerBound + 1)-\(range.upperBound)/5000")
        case .anotherTotal:
            return right.with("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/5001")
        case .noContentRange: return right.with("Content-Range", nil)
        case .anotherETag: return right.with("ETag", "\"ffffffffffffffffffffffffffffffff\"")
        case .noETag: return right.with("ETag", nil)
        case .stalled:
            right.framing = .claims(count)
            right.body.removeLast(50)
        }
        return right
    }

    /// A text in the error of a fetch if the fault persists.
    var complaint: String {
        switch self {
        case .slowDown: "S3 GetObject: SlowDown"
        case .internalError: "S3 GetObject: InternalError"
        case .droppedConnection: "S3 GetObject: connectionLost"
        case .cutMidBody: "S3 GetObject: truncated"
        case .lengthTooLong, .lengthTooShort, .longerThanAnnounced: "Content-Length"
        case .noLengthAndShort: "bytes arrived for bytes"
        case .longerThanAnnouncedInChunks: "more than the"
        case .wholeBodyOfUnknownLength: "status 200 without a whole Content-Range"
        case .anotherRange, .anotherTotal: "Content-Range"
        case .noContentRange: "without a whole Content-Range"
        case .anotherETag: "overwritten"
        case .noETag: "no ETag"
        case .stalled: "S3 GetObject: stalled"
        }
    }
}

extension TransferError {
    var name: String {
        switch self {
        case .gone: "gone"
        case .deleteMarker: "delete-marker"
        case .superseded: "superseded"
        case .refused: "refused"
        case .spool: "spool"
        case .untrustworthy: "untrustworthy"
        case .unverified: "unverified"
        case .mismatchedBytes: "mismatchedBytes"
        case .store: "store"
        case .stopped: "stopped"
        }
    }
}

/// Returns the error that `body` throws, or nil.
func transferError(_ body: () async throws(TransferError) -> Void) async -> TransferError? {
    do throws(TransferError) {
        try await body()
        return nil
    } catch { return error }
}
