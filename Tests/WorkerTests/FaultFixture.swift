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

/// The context of a worker over the real clients, an S3 that fails by script, and a ledger on disk.
struct FaultFixture {
    let s3: ScriptedS3
    let directory: TemporaryDirectory
    let ledger: any Ledger
    let context: WorkerContext
    private let fault: Switch

    private final class Switch: Sendable {
        let script: Locked<Script?>
        init(_ script: Script?) { self.script = Locked(script) }
    }

    typealias Script = @Sendable (ScriptedS3.Call) -> ScriptedAnswer?

    init(
        _ inspector: any Inspector = ScriptedInspector(), pipelines: String = JobFixture.uploads,
        claimLife: Duration = .seconds(60), spool: String? = nil, copying: ObjectCopier.Configuration = .init(),
        outageLog: Log? = nil, outageClocks: Clocks = .system, _ script: Script? = nil
    ) async throws {
        let fault = Switch(script)
        self.fault = fault
        s3 = try ScriptedS3 { call in fault.script.withLock { $0 }?(call) }
        directory = try TemporaryDirectory()
        let quiet = Log(threshold: .error) { _ in }
        ledger = try await openLedger(at: "sqlite:\(directory.path)/ledger.db", log: quiet)
        let client = try s3.client()
        let files = pipelines.split(separator: "\n---\n").enumerated().map { number, text in
            (name: "test\(number).yaml", text: Array(text.utf8))
        }
        let pipelines = try PipelineSet(files: files)
        context = WorkerContext(
            worker: "one", pipelines: pipelines,
            ledger: ledger, fetch: RangedFetch(store: client, directory: spool ?? directory.path),
            mover: ObjectMover(
                store: client, configuration: copying, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: inspector),
            claims: ClaimKeeper(ledger: ledger, life: claimLife, log: quiet),
            outages: outageLog.map { StoreOutages(pipelines: pipelines, clocks: outageClocks, log: $0) })
    }

    /// Those of a fixture with an `outageLog`.
    var outages: StoreOutages { context.outages! }

    /// Ends the faults.
    func mend() { fault.script.withLock { $0 = nil } }

    /// - Parameter isPinned: whether the event has the version or the ETag.
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
        await JobRunner(job, receivedAt: .now(), context: context, checkLease: {})()
    }
}

extension MemoryQueue {
    /// Sends the event of an upload of three bytes.
    func send(_ object: ObjectVersion, id: String) {
        send(
            Event(
                object: object, size: 3, sequencer: "01", time: Timestamp(iso8601: "2026-11-21T08:00:00Z"),
                name: "ObjectCreated:Put"), id: id)
    }
}
