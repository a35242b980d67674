import Domain
import Glibc
import Intake
import Ledger
import Support
import TestKit
import Testing
import Transfer
import Worker

/// A ledger that is lost under a running worker: its file is deleted or replaced.
@Suite(.timeLimit(.minutes(1))) struct LostLedgerTests {
    @Test(arguments: [false, true]) func `a lost ledger is reported once, and the jobs in hand go back`(
        isReplaced: Bool
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/ledger.db"
        let log = Log(threshold: .error) { _ in }
        let ledger = RetryingLedger(try await openLedger(at: "sqlite:\(path)", log: log), log: log)
        let losses = Locked(0)
        ledger.onLoss { _ in losses.withLock { $0 += 1 } }
        #expect(ledger.loss == nil)
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        if isReplaced { try directory.write("", to: "ledger.db") }

        let store = MemoryStore()
        store["inbox", "up/a"] = .init([1, 2, 3])
        let fixture = try await JobFixture()
        let object = ObjectVersion(
            bucket: "inbox", key: ObjectKey("up/a")!, versionID: nil, etag: store["inbox", "up/a"]?.etag)
        let job = Job(
            of: Event(object: object, size: 3, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
        let context = WorkerContext(
            worker: "one", pipelines: fixture.pipelines, ledger: ledger,
            fetch: RangedFetch(store: store, directory: directory.path), mover: ObjectMover(store: store),
            inspection: ObjectInspection(inspector: ScriptedInspector()),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(60), log: log))
        for _ in 1...3 {
            let result = await JobRunner(job, receivedAt: .now(), context: context, checkLease: {})()
            guard case .handedBack = result else {
                Issue.record("\(result)")
                return
            }
        }
        #expect(ledger.loss?.code == .missing)
        #expect(losses.withLock { $0 } == 1)
        #expect(store["inbox", "up/a"] != nil)
        await ledger.close()
    }

    @Test(arguments: [false, true])
    func `a worker without a job learns of the loss as well`(isReplaced: Bool) async throws {
        let directory = try TemporaryDirectory()
        let log = Log(threshold: .error) { _ in }
        let base = try await openLedger(at: "sqlite:\(directory.path)/ledger.db", log: log)
        let ledger = RetryingLedger(base, clocks: Clocks(ScaledClock(factor: 100)), log: log)
        let losses = Locked(0)
        ledger.onLoss { _ in losses.withLock { $0 += 1 } }
        let watching = Task { await ledger.watch() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(ledger.loss == nil, "four looks find nothing wrong")
        for suffix in ["", "-wal", "-shm"] { unlink("\(directory.path)/ledger.db\(suffix)") }
        if isReplaced { try directory.write("", to: "ledger.db") }
        try await eventually { ledger.loss != nil }
        try await Task.sleep(for: .milliseconds(200))
        watching.cancel()
        await watching.value
        #expect(ledger.loss?.code == .missing && losses.withLock { $0 } == 1)
        await ledger.close()
    }
}
