import Support
import TestKit
import Testing

@testable import Lazaret

@Suite(.timeLimit(.minutes(1))) struct StopOrderTests {
    private final class Heard: Sendable {
        private let state = Locked<[String]>([])
        let end = Promise<Void>()
        var all: [String] { state.withLock { $0 } }
        func note(_ word: String) {
            state.withLock { $0.append(word) }
            if word == "end" { end.keep(()) }
        }
    }

    private func order(grace: Duration, _ heard: Heard) -> StopOrder {
        StopOrder(grace: grace, drain: { heard.note("drain") }, end: { heard.note("end") })
    }

    @Test func `the same order twice in a moment is one`() {
        let heard = Heard()
        let order = order(grace: .seconds(3600), heard)
        let start = ContinuousClock.now
        order.give(at: start)
        order.give(at: start.advanced(by: .milliseconds(3)))
        #expect(heard.all == ["drain"])
        order.cancel()
    }

    @Test func `who gives it again later does not wait for the grace`() {
        let heard = Heard()
        let order = order(grace: .seconds(3600), heard)
        let start = ContinuousClock.now
        order.give(at: start)
        order.give(at: start.advanced(by: .seconds(5)))
        order.give(at: start.advanced(by: .seconds(9)))
        #expect(heard.all == ["drain", "end"])
        order.cancel()
    }

    @Test func `the grace ends by itself`() async {
        let heard = Heard()
        let order = order(grace: .milliseconds(1), heard)
        order.give()
        await heard.end.value
        #expect(heard.all == ["drain", "end"])
    }

    @Test func `where nothing is left to stop nothing is stopped`() {
        let heard = Heard()
        let order = order(grace: .seconds(3600), heard)
        let start = ContinuousClock.now
        order.give(at: start)
        order.cancel()
        order.give(at: start.advanced(by: .seconds(9)))
        #expect(heard.all == ["drain"])
    }
}
