import AWS
import Domain
import Inspection
import Intake
import Judging
import Ledger
import Pipelines
import ScanProtocol
import Support
import TestKit
import Transfer
import Worker

extension MemoryStore: ObjectStore {}

/// The context of a worker over a store in memory and a ledger on disk: jobs without a network.
struct JobFixture {
    let store: MemoryStore
    let directory: TemporaryDirectory
    let ledger: any Ledger
    let pipelines: PipelineSet
    let inspector: ScriptedInspector

    static let uploads = """
        pipeline: uploads
        match: { bucket: inbox, prefix: up/ }
        accept: { max-size: 1MiB, types: [image/png], declared-type: ignore }
        then:
          clean:       { move: "s3://out/done/{rest}" }
          infected:    { quarantine: "s3://jail/infected/{date}/{job}/{name}" }
          unscannable: { quarantine: "s3://jail/unscannable/{job}" }
          rejected:    delete
        """

    /// Objects stay where they are; scanned objects get their verdict as a tag.
    static let tagging = """
        pipeline: tags
        unversioned: accept-race
        match: { bucket: inbox, prefix: up/ }
        then:
          clean:       { tag: { scan: "{verdict}" } }
          infected:    { tag: { scan: "{verdict}" } }
          unscannable: keep
          rejected:    keep
        """

    init(_ inspector: ScriptedInspector = .init(), pipelines text: String = uploads) async throws {
        self.inspector = inspector
        store = MemoryStore()
        directory = try TemporaryDirectory()
        ledger = try await openLedger(at: "sqlite:\(directory.path)/ledger.db", log: Log(threshold: .error))
        pipelines = try PipelineSet(files: [(name: "test.yaml", text: Array(text.utf8))])
    }

    /// The same store, ledger and pipelines with another inspector.
    init(sharing other: JobFixture, _ inspector: ScriptedInspector) {
        (store, directory, ledger, pipelines) = (other.store, other.directory, other.ledger, other.pipelines)
        self.inspector = inspector
    }

    func job(_ key: String, size: Int64? = nil, etag: String? = nil) -> Job {
        let stored = store["inbox", key]
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: etag ?? stored?.etag ?? "0000")
        let event = Event(
            object: object, size: size ?? stored.map { Int64($0.bytes.count) }, sequencer: "01",
            time: Timestamp(iso8601: "2026-11-21T08:00:00Z"), name: "ObjectCreated:Put")
        return Job(of: event)
    }

    func run(
        _ job: Job, worker: String = "one", fetch: RangedFetch? = nil,
        checkLease: @escaping @Sendable () throws -> Void = {},
        onNotices: @escaping @Sendable () -> Void = {}
    ) async -> AttemptResult {
        let context = WorkerContext(
            worker: worker, pipelines: pipelines, ledger: ledger,
            fetch: fetch ?? RangedFetch(store: store, directory: directory.path),
            mover: ObjectMover(store: store, capabilities: StoreCapabilities(conditionalDeletesIn: ["inbox"])),
            inspection: ObjectInspection(inspector: inspector),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(60), log: Log(threshold: .error)), onNotices: onNotices)
        return await JobRunner(job, receivedAt: .now(), context: context, checkLease: checkLease)()
    }
}

/// The outcome of an attempt that ended its job.
func outcome(of result: AttemptResult) throws -> Outcome {
    guard case .finished(let outcome) = result else { throw NotFinished(result: result) }
    return outcome
}

struct NotFinished: Error { let result: AttemptResult }
