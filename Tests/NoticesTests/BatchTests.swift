import AWS
import Support
import TestKit
import Testing

@testable import Ledger
@testable import Notices

/// Batches of which a service does not take a part.
@Suite struct BatchTests {
    private static func error(_ kind: AWSError.Kind) -> AWSError {
        AWSError(kind: kind, code: "c", status: 400, message: "m", hint: "")
    }

    /// - Parameters:
    ///   - poison: the ids whose requests the service does not take.
    ///   - down: those whose requests it does not answer.
    ///   - taking: how long each request takes.
    private func send(
        _ count: Int, poison: Set<String>, down: Set<String> = [], taking: Duration = .zero
    ) async -> (results: [SendFailure.Kind?], requests: [[String]]) {
        let requests = Locked<[[String]]>([])
        let clock = ManualClock()
        let notices = (1...count).map { newNotice("n\($0)") }
        let results = await results(of: notices, on: MonotonicClock(clock)) { (batch) async throws(AWSError) in
            clock.advance(by: taking)
            let ids = batch.map(\.id)
            requests.withLock { $0.append(ids) }
            if !poison.isDisjoint(with: ids) { throw Self.error(.invalid) }
            if !down.isDisjoint(with: ids) { throw Self.error(.unreachable) }
            return batch.map { _ in nil }
        }
        return (results.map { $0?.kind }, requests.withLock { $0 })
    }

    @Test func `one notice that the service does not take keeps no other one of its batch`() async {
        let good = await send(3, poison: [])
        #expect(good.results == [nil, nil, nil] && good.requests == [["n1", "n2", "n3"]])
        let bad = await send(4, poison: ["n2"])
        #expect(bad.results == [nil, .refused, nil, nil])
        #expect(bad.requests == [["n1", "n2", "n3", "n4"], ["n1"], ["n2"], ["n3"], ["n4"]])
        let single = await send(1, poison: ["n1"])
        #expect(single.results == [.refused] && single.requests == [["n1"]])
    }

    @Test func `a batch ends before others may take its notices, and one of them is tried whatever the time`() async {
        let slow = await send(10, poison: ["n1"], taking: .seconds(20))
        #expect(slow.requests.count == 4)
        #expect(slow.results == [.refused, nil, nil] + Array(repeating: .cancelled, count: 7))
        let slowest = await send(3, poison: ["n1"], taking: longestCall)
        #expect(slowest.results == [.refused, .cancelled, .cancelled])
    }

    @Test func `a destination that fails meanwhile is not asked for each of the rest`() async {
        let failed = await send(4, poison: ["n1"], down: ["n2"])
        #expect(failed.results == [.refused, .unavailable, .unavailable, .unavailable])
        #expect(failed.requests == [["n1", "n2", "n3", "n4"], ["n1"], ["n2"]])
        let down = await send(3, poison: [], down: ["n3"])
        #expect(down.results == [.unavailable, .unavailable, .unavailable] && down.requests.count == 1)
    }
}
