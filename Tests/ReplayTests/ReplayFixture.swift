import Domain
import Intake
import Ledger
import Replay
import Support
import TestKit

/// A time in minutes after a fixed one.
func at(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_248_000_000 + minute * 60_000) }

func event(_ number: Int, bucket: String = "incoming", key: String? = nil, time: Timestamp? = nil) -> Event {
    Event(
        object: ObjectVersion(
            bucket: bucket, key: ObjectKey(key ?? "uploads/\(number)+ü.png")!, versionID: nil, etag: "e\(number)"),
        size: Int64(number), sequencer: "00\(number)", time: time ?? at(Int64(number)), name: "ObjectCreated:Put")
}

func job(_ number: Int, bucket: String = "incoming", key: String? = nil) -> Job {
    Job(of: event(number, bucket: bucket, key: key))
}

func judged(
    _ verdict: Verdict = .clean, _ findings: [Finding] = [], by databases: [SignatureDatabase] = []
) -> Judgement {
    Judgement(verdict: verdict, findings: findings, evidence: Evidence(bytesRead: 1, databases: databases))
}

func destination(_ key: String = "permanent/1.png") -> Destination {
    Destination(ObjectLocation(bucket: "media", key: ObjectKey(key)!), versionID: "w1")
}

/// A ledger in a folder of its own, and the steps that replays of it reported.
final class ReplayFixture: Sendable {
    let folder: TemporaryDirectory
    let ledger: any Ledger
    private let reported = Locked<[ReplayStep]>([])

    /// - Parameter address: of the ledger; by default a file in the folder.
    init(ledger address: String? = nil) async throws {
        folder = try TemporaryDirectory()
        ledger = try await openLedger(at: address ?? "sqlite:\(folder.path)/ledger.db", log: Log(write: { _ in }))
    }

    /// The context of a replay at minute 60.
    func context(isDryRun: Bool = false, clock: any Clock<Duration> = ContinuousClock()) -> ReplayContext {
        ReplayContext(actor: "mara", reason: "ticket 7", isDryRun: isDryRun, clocks: Clocks(clock) { at(60) })
    }

    func report(_ step: ReplayStep) { reported.withLock { $0.append(step) } }

    /// The steps so far: `reopen 1`, `send 2`, `leave 3 held`, with the jobs' numbers.
    var steps: [String] {
        reported.withLock { $0 }.map { step in
            let number = step.object?.etag.map { $0.dropFirst() } ?? step.messageID.map { $0[...] } ?? "-"
            switch step.result {
            case .reopened: return "reopen \(number)"
            case .sent: return "send \(number)"
            case .acknowledged: return "acknowledge \(number)"
            case .discarded: return "discard \(number)"
            case .left(let reason): return "leave \(number) \(reason.label)"
            case .leftMessage: return "leave \(number)"
            case .unsent: return "fail \(number)"
            case .unknown: return "unknown \(number)"
            }
        }
    }

    func forget() { reported.withLock { $0 = [] } }

    func claim(_ job: Job, at minute: Int64 = 0, until end: Int64 = 10) async throws -> ClaimToken {
        let claim = try await ledger.claim(
            job, by: "alpha", pipeline: "uploads", receivedAt: at(minute), until: at(end), now: at(minute))
        guard case .granted(let token, _) = claim else { throw NotGranted(claim: claim) }
        return token
    }

    /// Claims a job, and ends it in the same minute.
    func end(_ job: Job, _ outcome: Outcome, at minute: Int64 = 0) async throws {
        let token = try await claim(job, at: minute)
        if let judgement = outcome.judgement { try await ledger.record(judgement, for: token, at: at(minute)) }
        guard try await ledger.finish(token, with: outcome, at: at(minute)) else { throw NotGranted(claim: nil) }
    }

    /// Claims a job, and releases the claim, which leaves the job open.
    func release(_ job: Job, strands: Bool, at minute: Int64 = 0) async throws {
        let token = try await claim(job, at: minute)
        try await ledger.release(token, error: "S3 answered 503", strands: strands, at: at(minute))
    }

    func replay(
        _ selection: ReplaySelection, to queue: any SendingQueue, rateLimiter: RateLimiter? = nil,
        isDryRun: Bool = false
    ) async throws {
        try await JobReplay(
            ledger: ledger, sender: EventSender(to: queue, attempts: 1), rateLimiter: rateLimiter,
            context: context(isDryRun: isDryRun), report: report
        ).run(selection)
    }

    func trail(_ job: Job) async throws -> [AuditEntry] { try await ledger.auditTrail(of: job.id, limit: 99) }
}

struct NotGranted: Error { let claim: Claim? }

extension MemoryQueue {
    /// The jobs of its messages, in their order.
    var jobs: [JobID] { events.map(JobID.init(of:)) }
}
