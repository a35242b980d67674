internal import AWS
internal import Domain
internal import Intake
internal import Support
internal import Worker

/// One pass of a backfill over a bucket. Handles one page of the listing at a time, so that memory does not grow with
/// the number of objects.
final class BackfillRun: Sendable {
    private let s3: S3Client
    private let bucket: String
    private let prefix: String
    private let startAfter: String?
    private let backfill: Backfill
    private let batchSize: Int
    private let report: @Sendable (Backfill.Entry) -> Void
    private let state = Locked(BackfillTally())

    /// - Parameters:
    ///   - batchSize: how many objects are handled together: one ledger query looks up all of them, and they are
    ///     reported once all were sent.
    ///   - report: called for each handled object, in key order.
    init(
        s3: S3Client, bucket: String, prefix: String, startAfter: String?, backfill: Backfill, batchSize: Int,
        report: @escaping @Sendable (Backfill.Entry) -> Void
    ) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.startAfter = startAfter
        self.backfill = backfill
        self.batchSize = batchSize
        self.report = report
    }

    var tally: BackfillTally { state.withLock { $0 } }

    /// Runs to the end of the listing.
    ///
    /// - Throws: `CancellationError` if its task was cancelled; `AWSError`; `LedgerError`; `CommandFailure` if the
    ///   queue rejects a message.
    func run() async throws {
        do {
            var pages = try await PresentObjects(of: bucket, prefix: prefix, startAfter: startAfter, by: s3)
            while let page = try await pages.nextPage() {
                for start in stride(from: 0, to: page.count, by: batchSize) {
                    try Task.checkCancellation()
                    try record(try await backfill(Array(page[start..<min(start + batchSize, page.count)])))
                }
            }
        } catch let error as AWSError where error.kind == .cancelled {
            throw CancellationError()
        }
    }

    private func record(_ entries: [Backfill.Entry]) throws {
        for entry in entries {
            if let failure = entry.failure {
                try Task.checkCancellation()
                throw CommandFailure(
                    failure.isSenderFault ? .configuration : .unavailable, "can't send to the queue: \(failure)")
            }
            report(entry)
            state.withLock { $0.count(entry) }
        }
    }
}

/// The counts of a backfill so far.
struct BackfillTally: Sendable {
    private(set) var listed = 0
    private(set) var sent = 0
    private var skipped: [BackfillStep.Reason: Int] = [:]
    /// Every key up to this one is done.
    private(set) var last: ObjectKey?

    mutating func count(_ entry: Backfill.Entry) {
        listed += 1
        last = entry.object.key
        switch entry.step {
        case .send: sent += 1
        case .leave(let reason): skipped[reason, default: 0] += 1
        }
    }

    /// `12 objects: 3 sent, 2 open, 6 settled, 1 without a pipeline, 2 outside the time range`
    var line: String {
        let kinds = Outcome.Kind.allCases.map { (skipped[.ended($0)] ?? 0, $0.rawValue) }
        let counts =
            [(skipped[.open] ?? 0, "open")] + kinds + [
                (skipped[.unmatched] ?? 0, "without a pipeline"),
                (skipped[.outsideTime] ?? 0, "outside the time range"),
            ]
        let rest = counts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }
        return "\(listed) object\(listed == 1 ? "" : "s"): \(sent) sent" + rest.joined()
    }
}
