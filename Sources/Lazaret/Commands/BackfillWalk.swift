internal import AWS
internal import Domain
internal import Intake
internal import Support
internal import Worker

/// One pass of a backfill over a bucket: page after page, so that memory stays the same however many objects there are.
final class BackfillWalk: Sendable {
    private let s3: S3Client
    private let bucket: String
    private let prefix: String
    private let startAfter: String?
    private let backfill: Backfill
    private let share: Int
    private let tell: @Sendable (Backfill.Entry) -> Void
    private let state = Locked(BackfillTally())

    /// - Parameters:
    ///   - share: how many objects are handled together: the ledger is asked of all of them at once, and only then is
    ///     told what became of them.
    ///   - tell: called for each object that was handled, in the order of keys.
    init(
        s3: S3Client, bucket: String, prefix: String, startAfter: String?, backfill: Backfill, share: Int,
        tell: @escaping @Sendable (Backfill.Entry) -> Void
    ) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.startAfter = startAfter
        self.backfill = backfill
        self.share = share
        self.tell = tell
    }

    var tally: BackfillTally { state.withLock { $0 } }

    /// Walks to the end of the listing.
    ///
    /// - Throws: `CancellationError` where its task was cancelled; `AWSError`; `LedgerError`; a `CommandFailure` where
    ///   the queue takes no messages.
    func run() async throws {
        do {
            var pages = try await PresentObjects(of: bucket, prefix: prefix, startAfter: startAfter, by: s3)
            while let page = try await pages.nextPage() {
                for start in stride(from: 0, to: page.count, by: share) {
                    try Task.checkCancellation()
                    try take(try await backfill(Array(page[start..<min(start + share, page.count)])))
                }
            }
        } catch let error as AWSError where error.kind == .cancelled {
            throw CancellationError()
        }
    }

    private func take(_ entries: [Backfill.Entry]) throws {
        for entry in entries {
            if let failure = entry.failure {
                try Task.checkCancellation()
                throw CommandFailure(
                    failure.isSenderFault ? .configuration : .unavailable, "the queue takes no messages: \(failure)")
            }
            tell(entry)
            state.withLock { $0.count(entry) }
        }
    }
}

/// What a backfill has come to so far.
struct BackfillTally: Sendable {
    private(set) var listed = 0
    private(set) var sent = 0
    private var left: [BackfillStep.Reason: Int] = [:]
    /// The last key up to which all is done.
    private(set) var last: ObjectKey?

    mutating func count(_ entry: Backfill.Entry) {
        listed += 1
        last = entry.object.key
        switch entry.step {
        case .send: sent += 1
        case .leave(let reason): left[reason, default: 0] += 1
        }
    }

    /// `12 objects: 3 to the queue, 2 under way, settled 6, 1 that no pipeline takes`
    var line: String {
        let kinds = Outcome.Kind.allCases.map { ("\($0.rawValue) ", left[.ended($0)] ?? 0, "") }
        let parts: [(before: String, count: Int, after: String)] =
            [("", left[.open] ?? 0, " under way")] + kinds + [
                ("", left[.unmatched] ?? 0, " that no pipeline takes"),
                ("", left[.outsideTime] ?? 0, " of another time"),
            ]
        let rest = parts.filter { $0.count > 0 }.map { ", \($0.before)\($0.count)\($0.after)" }
        return "\(listed) object\(listed == 1 ? "" : "s"): \(sent) to the queue" + rest.joined()
    }
}
