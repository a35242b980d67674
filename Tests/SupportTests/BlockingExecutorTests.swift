import Dispatch
import Support
import Testing

private actor Counter {
    private let executor = BlockingExecutor("counter")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private(set) var count = 0
    private var isInside = false

    /// Returns false if another call was inside at the same time.
    func add() -> Bool {
        guard !isInside else { return false }
        isInside = true
        defer { isInside = false }
        count += 1
        return true
    }

    func block(until gate: DispatchSemaphore) { gate.wait() }
}

@Suite(.timeLimit(.minutes(1)))
struct BlockingExecutorTests {
    @Test func `calls run one after the other`() async {
        let counter = Counter()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { await counter.add() } }
            for await wasAlone in group { #expect(wasAlone) }
        }
        #expect(await counter.count == 200)
    }

    @Test func `blocked executors leave the cooperative pool free`() async {
        // More than the cooperative pool has threads: if they ran there, nothing below would run.
        let gate = DispatchSemaphore(value: 0)
        let blocked = (0..<32).map { _ in Counter() }
        await withTaskGroup(of: Void.self) { group in
            for counter in blocked { group.addTask { await counter.block(until: gate) } }
            let free = Counter()
            #expect(await free.add())
            #expect(await Task { 7 }.value == 7)
            for _ in blocked { gate.signal() }
        }
    }
}
