import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    private let signal = Signal()
    private let clock = ManualClock()
    private var monotonic: MonotonicClock { MonotonicClock(clock) }

    @Test func `signals before a wait end it at once and count as one`() async {
        signal.send()
        signal.send()
        await signal.wait(on: monotonic)
        let waiting = Task { [signal, clock] in await signal.wait(until: .seconds(1), on: MonotonicClock(clock)) }
        await clock.untilSleepers(1)
        clock.advance(by: .seconds(1))
        await waiting.value
    }

    @Test func `a signal ends a wait`() async {
        let waiting = Task { [signal, clock] in await signal.wait(until: .seconds(1), on: MonotonicClock(clock)) }
        await clock.untilSleepers(1)
        signal.send()
        await waiting.value
        #expect(clock.now.offset == .zero)
    }

    @Test func `a cancellation does not end a wait`() async {
        let waiting = Task { [signal, monotonic] in
            await signal.wait(on: monotonic)
            return Task.isCancelled
        }
        waiting.cancel()
        for _ in 0..<200 { await Task.yield() }
        signal.send()
        #expect(await waiting.value)
    }
}
