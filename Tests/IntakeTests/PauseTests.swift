import Intake
import Support
import TestKit
import Testing

/// Nothing is received that nobody could work on.
@Suite(.timeLimit(.minutes(1))) struct PauseTests {
    private final class Switch: Sendable {
        private let state: Locked<Bool>
        init(_ isOn: Bool) { state = Locked(isOn) }
        var isOn: Bool { state.withLock { $0 } }
        func turn(_ isOn: Bool) { state.withLock { $0 = isOn } }
    }

    @Test func `while nothing can be worked on nothing is received`() async throws {
        let isThere = Switch(false)
        let bench = IntakeBench(mayReceive: { isThere.isOn })
        bench.queue.send(count: 2)
        bench.start()
        await bench.settleDown()
        #expect(bench.queue.state.receives.isEmpty)
        isThere.turn(true)
        bench.intake.lookAgain()
        let work = try await bench.next()
        // The next request is under way; after it, no more comes, and what was received goes on.
        await bench.queue.until { $0.receives.count == 2 }
        isThere.turn(false)
        bench.queue.send(keys: ["k3"], id: "m3")
        await bench.queue.until { $0.answered == 2 }
        await bench.settleDown()
        #expect(bench.queue.state.receives.count == 2)
        let others = try await bench.next(2)
        for work in [work] + others { await work.settle(.done) }
        bench.clock.advance(by: .seconds(1))
        await bench.queue.until { $0.deleted.count == 3 }
        await bench.settleDown()
        #expect(bench.queue.state.receives.count == 2)
        try await bench.stop()
    }

    @Test func `a stop ends the pause`() async throws {
        let bench = IntakeBench(mayReceive: { false })
        bench.queue.send(count: 1)
        bench.start()
        await bench.settleDown()
        try await bench.stop()
        #expect(bench.queue.state.receives.isEmpty)
    }
}
