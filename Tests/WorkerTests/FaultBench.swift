import AWS
import Domain
import Inspection
import Intake
import Judging
import Ledger
import Pipelines
import Support
import TestKit
import Transfer
import Worker

/// A worker's parts over the real clients, an S3 that errs by script, and a ledger on disk.
struct FaultBench {
    let s3: ScriptedS3
    let directory: TemporaryDirectory
    let ledger: any Ledger
    let parts: WorkerContext
    private let fault: Switch

    private final class Switch: Sendable {
        let script: Locked<Script?>
        init(_ script: Script?) { self.script = Locked(script) }
    }

    typealias Script = @Sendable (ScriptedS3.Call) -> ScriptedAnswer?

    init(
        _ inspector: any Inspector = ScriptedInspector(), pipelines: String = Bench.uploads,
        claimLife: Duration = .seconds(60), spool: String? = nil, copying: ObjectCopier.Configuration = .init(),
        _ script: Script? = nil
    ) async throws {
        let fault = Switch(script)
        self.fault = fault
        s3 = try ScriptedS3 { call in fault.script.withLock { $0 }?(call) }
        directory = try TemporaryDirectory()
        let quiet = Log(threshold: .error) { _ in }
        ledger = try await openLedger(at: "sqlite:\(directory.path)/ledger.db", log: quiet)
        let client = try s3.client()
        parts = WorkerContext(
            worker: "one", pipelines: try PipelineSet(files: [(name: "test.yaml", text: Array(pipelines.utf8))]),
            ledger: ledger, fetch: RangedFetch(store: client, directory: spool ?? directory.path),
            mover: ObjectMover(
                store: client, configuration: copying, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: inspector),
            claims: ClaimKeeper(ledger: ledger, life: claimLife, log: quiet))
    }

    /// From here on S3 answers as it should.
    func mend() { fault.script.withLock { $0 = nil } }

    /// - Parameter isPinned: whether the event tells the version or the ETag.
    func job(_ key: String = "up/a", size: Int64? = nil, isPinned: Bool = true) -> Job {
        let stored = s3["inbox", key]
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey(key)!, versionID: isPinned ? stored?.versionID : nil,
            etag: isPinned ? stored?.etag ?? "0000" : nil)
        return Job(
            of: Event(
                object: object, size: size ?? stored?.size, sequencer: "01",
                time: Timestamp(iso8601: "2026-11-21T08:00:00Z"), name: "ObjectCreated:Put"))
    }

    func run(_ job: Job) async -> AttemptResult {
        await JobRunner(job, receivedAt: .now(), context: parts, checkLease: {})()
    }
}

/// A scanner that finds nothing, once it is let.
final class GatedInspector: Inspector {
    let gate = Promise<Void>()
    private let inner = ScriptedInspector()

    func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String {
        await gate.value
        return try await inner.identify(descriptor, size: size)
    }

    func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
    ) async throws(ScannerError) -> ScanReport {
        try await inner.scan(descriptor, size: size, limits: limits, knownType: knownType)
    }
}

/// A queue of messages that are given out once.
final class OnceQueue: MessageQueue {
    struct State {
        var waiting: [QueuedMessage] = []
        var deleted: [String] = []
        var changes: [VisibilityChange] = []
        var receiveError: (any Error)?
    }

    private let shared = Locked(State())

    var state: State { shared.withLock { $0 } }

    func send(_ body: String, id: String) {
        let message = QueuedMessage(id: id, receipt: id, body: body, receiveCount: 1, firstReceivedAt: nil)
        shared.withLock { $0.waiting.append(message) }
    }

    func send(_ object: ObjectVersion, id: String) {
        send(
            """
            {"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1",
            "eventTime":"2026-11-21T08:00:00.000Z","eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0",
            "bucket":{"name":"\(object.bucket)"},
            "object":{"key":"\(object.key.text)","size":3,"eTag":"\(object.etag ?? "")","sequencer":"01"}}}]}
            """, id: id)
    }

    func refuse(_ error: any Error) { shared.withLock { $0.receiveError = error } }

    func receive(max: Int, wait: Duration, visibility: Duration) async throws -> [QueuedMessage] {
        let given = try shared.withLock { state in
            if let error = state.receiveError { throw error }
            defer { state.waiting.removeFirst(min(max, state.waiting.count)) }
            return Array(state.waiting.prefix(max))
        }
        if given.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        return given
    }

    func delete(_ receipts: [String]) async throws -> [QueueFailure?] {
        shared.withLock { $0.deleted += receipts }
        return receipts.map { _ in nil }
    }

    func changeVisibility(_ changes: [VisibilityChange]) async throws -> [QueueFailure?] {
        shared.withLock { $0.changes += changes }
        return changes.map { _ in nil }
    }
}
