import Domain
import Intake
import Ledger
import Replay
import Support
import TestKit

/// The `minute`th minute of a day.
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

func place(_ key: String = "permanent/1.png") -> Destination {
    Destination(ObjectLocation(bucket: "media", key: ObjectKey(key)!), versionID: "w1")
}

/// A ledger in a folder of its own, and what a replay of it did.
final class Scene: Sendable {
    let folder: TemporaryDirectory
    let ledger: any Ledger
    private let told = Locked<[ReplayStep]>([])

    /// - Parameter address: of the ledger; nil: a file in the folder.
    init(ledger address: String? = nil) async throws {
        folder = try TemporaryDirectory()
        ledger = try await openLedger(at: address ?? "sqlite:\(folder.path)/ledger.db", log: Log(write: { _ in }))
    }

    func order(dry: Bool = false, at time: Timestamp = at(60)) -> ReplayOrder {
        ReplayOrder(actor: "mara", reason: "ticket 7", isDry: dry, now: { time })
    }

    func report(_ step: ReplayStep) { told.withLock { $0.append(step) } }

    /// What was told so far: `reopen 1`, `send 2`, `leave 3 held`, with the jobs' numbers.
    var deeds: [String] {
        told.withLock { $0 }.map { step in
            let number = step.object?.etag.map { $0.dropFirst() } ?? step.messageID.map { $0[...] } ?? "-"
            switch step.deed {
            case .reopened: return "reopen \(number)"
            case .sent: return "send \(number)"
            case .acknowledged: return "acknowledge \(number)"
            case .left(let reason): return "leave \(number) \(reason.word)"
            case .leftMessage: return "leave \(number)"
            case .unsent: return "fail \(number)"
            case .unknown: return "unknown \(number)"
            }
        }
    }

    func forget() { told.withLock { $0 = [] } }

    func claim(_ job: Job, at minute: Int64 = 0, until end: Int64 = 10) async throws -> ClaimToken {
        let claim = try await ledger.claim(
            job, by: "alpha", pipeline: "uploads", receivedAt: at(minute), until: at(end), now: at(minute))
        guard case .granted(let token, _) = claim else { throw NotGranted(claim: claim) }
        return token
    }

    /// Claims, and ends the job in the same minute.
    func end(_ job: Job, _ outcome: Outcome, at minute: Int64 = 0) async throws {
        let token = try await claim(job, at: minute)
        if let judgement = outcome.judgement { try await ledger.record(judgement, for: token, at: at(minute)) }
        guard try await ledger.finish(token, with: outcome, at: at(minute)) else { throw NotGranted(claim: nil) }
    }

    /// Claims, and gives up: open, and stranded where it is said.
    func giveUp(_ job: Job, strands: Bool, at minute: Int64 = 0) async throws {
        let token = try await claim(job, at: minute)
        try await ledger.release(token, error: "S3 answered 503", strands: strands, at: at(minute))
    }

    func replay(
        _ selection: ReplaySelection, to queue: any SendingQueue, pace: RateLimiter? = nil, dry: Bool = false
    ) async throws {
        try await JobReplay(
            ledger: ledger, sender: EventSender(to: queue, attempts: 1), pace: pace, order: order(dry: dry),
            report: report
        ).run(selection)
    }

    func trail(_ job: Job) async throws -> [AuditEntry] { try await ledger.auditTrail(of: job.id, limit: 99) }
}

struct NotGranted: Error { let claim: Claim? }

/// A queue in memory, on a clock that a test moves: messages are hidden for their visibility, nobody waits for any.
final class MemoryQueue: MessageQueue, SendingQueue {
    struct Message {
        let id: String
        let body: String
        var visibleAt: Duration = .zero
        var receipt: String?
        var receives = 0
    }

    struct State {
        var messages: [Message] = []
        var next = 0
        var failSend: (@Sendable (_ body: String) throws -> SendFailure?)?
        var failDelete: (@Sendable (_ id: String) throws -> QueueFailure?)?
        /// Called at each request for messages, before it is answered.
        var onReceive: (@Sendable () -> Void)?
    }

    private let state = Locked(State())
    let clock: ManualClock

    init(clock: ManualClock = ManualClock()) { self.clock = clock }

    var messages: [Message] { state.withLock { $0.messages } }
    var bodies: [String] { messages.map(\.body) }
    var visible: [String] { messages.filter { $0.visibleAt <= clock.now.offset }.map(\.id) }

    func set(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

    /// The jobs of its messages, in their order.
    var jobs: [JobID] {
        bodies.flatMap { body -> [JobID] in
            guard case .records(let records) = MessageBody(reading: body) else { return [] }
            return records.compactMap { if case .created(let event) = $0 { JobID(of: event) } else { nil } }
        }
    }

    func put(_ body: String, id: String? = nil) {
        state.withLock { state in
            state.next += 1
            state.messages.append(Message(id: id ?? "m\(state.next)", body: body))
        }
    }

    func put(_ event: Event, id: String? = nil) { put(EventMessage(event).body, id: id) }

    func send(_ bodies: [String]) async throws -> [SendFailure?] {
        try bodies.map { body in
            let failure = try state.withLock { try $0.failSend?(body) }
            if failure == nil { put(body) }
            return failure
        }
    }

    func receive(max: Int, wait: Duration, visibility: Duration) async throws -> [QueuedMessage] {
        try Task.checkCancellation()
        state.withLock { $0.onReceive }?()
        let now = clock.now.offset
        return state.withLock { state in
            var taken: [QueuedMessage] = []
            for index in state.messages.indices where taken.count < max && state.messages[index].visibleAt <= now {
                state.messages[index].receives += 1
                state.messages[index].visibleAt = now + visibility
                let (id, count) = (state.messages[index].id, state.messages[index].receives)
                state.messages[index].receipt = "\(id)#\(count)"
                taken.append(
                    QueuedMessage(
                        id: id, receipt: "\(id)#\(count)", body: state.messages[index].body, receiveCount: count,
                        firstReceivedAt: nil))
            }
            return taken
        }
    }

    func delete(_ receipts: [String]) async throws -> [QueueFailure?] {
        try state.withLock { state in
            try receipts.map { receipt in
                guard let index = state.messages.firstIndex(where: { $0.receipt == receipt }) else {
                    return QueueFailure(code: "ReceiptHandleIsInvalid", message: receipt)
                }
                if let failure = try state.failDelete?(state.messages[index].id) { return failure }
                state.messages.remove(at: index)
                return nil
            }
        }
    }

    func changeVisibility(_ changes: [VisibilityChange]) async throws -> [QueueFailure?] {
        let now = clock.now.offset
        return state.withLock { state in
            changes.map { change in
                guard
                    let index = state.messages.firstIndex(where: { $0.receipt == change.receipt && $0.visibleAt > now })
                else { return QueueFailure(code: "MessageNotInflight", message: change.receipt) }
                state.messages[index].visibleAt = now + change.timeout
                return nil
            }
        }
    }
}

struct Refusal: TransientlyFailing {
    var isTransient = false
}
