import Intake
import Support
import TestKit
import Testing

/// An intake that may not receive.
@Suite(.timeLimit(.minutes(1))) struct PauseTests {
    private final class Switch: Sendable {
        private let state: Locked<Bool>
        init(_ isOn: Bool) { state = Locked(isOn) }
        var isOn: Bool { state.withLock { $0 } }
        func turn(_ isOn: Bool) { state.withLock { $0 = isOn } }
    }

    @Test func `nothing is received while mayReceive is false`() async throws {
        let isThere = Switch(false)
        let fixture = IntakeFixture(mayReceive: { isThere.isOn })
        fixture.queue.send(count: 2)
        fixture.start()
        await yieldToOthers()
        #expect(fixture.queue.state.receiveRequests.isEmpty)
        isThere.turn(true)
        fixture.intake.recheck()
        let work = try await fixture.next()
        // The next request is pending. After it there is no further one, and received work goes on.
        await fixture.queue.until { $0.receiveRequests.count == 2 }
        isThere.turn(false)
        fixture.queue.send(keys: ["k3"], id: "m3")
        await fixture.queue.until { $0.answered == 2 }
        await yieldToOthers()
        #expect(fixture.queue.state.receiveRequests.count == 2)
        let others = try await fixture.next(2)
        for work in [work] + others { work.settle(.done) }
        fixture.clock.advance(by: .seconds(1))
        await fixture.queue.until { $0.deleted.count == 3 }
        await yieldToOthers()
        #expect(fixture.queue.state.receiveRequests.count == 2)
        try await fixture.stop()
    }

    @Test func `a stop ends the pause`() async throws {
        let fixture = IntakeFixture(mayReceive: { false })
        fixture.queue.send(count: 1)
        fixture.start()
        await yieldToOthers()
        try await fixture.stop()
        #expect(fixture.queue.state.receiveRequests.isEmpty)
    }
}
