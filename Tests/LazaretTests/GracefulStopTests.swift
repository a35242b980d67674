import Support
import TestKit
import Testing

@testable import Lazaret

@Suite(.timeLimit(.minutes(1))) struct GracefulStopTests {
    private final class CallLog: Sendable {
        private let state = Locked<[String]>([])
        let expired = Promise<Void>()
        var all: [String] { state.withLock { $0 } }
        func append(_ call: String) {
            state.withLock { $0.append(call) }
            if call == "expire" { expired.keep(()) }
        }
    }

    private func gracefulStop(grace: Duration, _ calls: CallLog) -> GracefulStop {
        GracefulStop(grace: grace, drain: { calls.append("drain") }, expire: { calls.append("expire") })
    }

    @Test func `two requests within a moment count as one`() {
        let calls = CallLog()
        let stop = gracefulStop(grace: .seconds(3600), calls)
        let start = ContinuousClock.now
        stop.request(at: start)
        stop.request(at: start.advanced(by: .milliseconds(3)))
        #expect(calls.all == ["drain"])
        stop.cancel()
    }

    @Test func `a later second request ends the grace period at once`() {
        let calls = CallLog()
        let stop = gracefulStop(grace: .seconds(3600), calls)
        let start = ContinuousClock.now
        stop.request(at: start)
        stop.request(at: start.advanced(by: .seconds(5)))
        stop.request(at: start.advanced(by: .seconds(9)))
        #expect(calls.all == ["drain", "expire"])
        stop.cancel()
    }

    @Test func `the grace period expires without a second request`() async {
        let calls = CallLog()
        let stop = gracefulStop(grace: .milliseconds(1), calls)
        stop.request()
        await calls.expired.value
        #expect(calls.all == ["drain", "expire"])
    }

    @Test func `after a cancel neither a request nor the end of the grace period expires`() {
        let calls = CallLog()
        let stop = gracefulStop(grace: .seconds(3600), calls)
        let start = ContinuousClock.now
        stop.request(at: start)
        stop.cancel()
        stop.request(at: start.advanced(by: .seconds(9)))
        #expect(calls.all == ["drain"])
    }
}
