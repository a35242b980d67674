import Support
import Testing

@testable import Intake

@Suite struct BatchBufferTests {
    private func outbox(attempts: Int = 3) -> BatchBuffer<Int> {
        BatchBuffer(
            linger: .milliseconds(200), attempts: attempts,
            backoff: Backoff(base: .seconds(1), max: .seconds(10)))
    }

    @Test func `ten go at once and fewer after a linger`() {
        var outbox = outbox()
        for item in 1...9 { _ = outbox.add(item, now: .zero) }
        let result1 = outbox.next(now: .milliseconds(199)).items
        #expect(result1 == nil)
        let result2 = outbox.add(10, now: .milliseconds(199))
        #expect(result2)
        let result3 = outbox.next(now: .milliseconds(199)).items
        #expect(result3 == Array(1...10))
        _ = outbox.add(11, now: .milliseconds(300))
        let result4 = outbox.next(now: .milliseconds(499)).items
        #expect(result4 == nil)
        let result5 = outbox.next(now: .milliseconds(500)).items
        #expect(result5 == [11])
    }

    @Test func `the sender is called for the first and the tenth only`() {
        var outbox = outbox()
        let calls = (1...10).map { outbox.add($0, now: .zero) }
        #expect(calls == [true] + Array(repeating: false, count: 8) + [true])
    }

    /// Or it would wait as long as what failed, though its own time is over before.
    @Test func `the sender is called for what is due before all that failed`() {
        var outbox = outbox()
        _ = outbox.add(1, now: .zero)
        guard case .send(let batch) = outbox.next(now: .milliseconds(200)) else { return #expect(Bool(false)) }
        let isSentAgain = outbox.fail(batch[0], spread: 0.9, now: .milliseconds(200))
        #expect(isSentAgain)
        let calls = [2, 3].map { outbox.add($0, now: .milliseconds(300)) }
        #expect(calls == [true, false])
    }

    @Test func `in a hurry nothing new waits`() {
        var outbox = outbox()
        _ = outbox.add(1, now: .zero)
        outbox.isHurried = true
        let result6 = outbox.next(now: .zero).items
        #expect(result6 == [1])
    }

    @Test func `what failed waits for its own time even in a hurry`() throws {
        var outbox = outbox()
        outbox.isHurried = true
        _ = outbox.add(1, now: .zero)
        guard case .send(let batch) = outbox.next(now: .zero) else { return #expect(Bool(false)) }
        let result7 = outbox.fail(batch[0], spread: 0.9, now: .zero)
        #expect(result7)
        let result8 = outbox.next(now: .milliseconds(499)).items
        #expect(result8 == nil)
        let result9 = outbox.next(now: .seconds(1)).items
        #expect(result9 == [1])
    }

    @Test func `it is given up after its attempts`() {
        var outbox = outbox(attempts: 3)
        _ = outbox.add(1, now: .zero)
        var now: Duration = .zero
        for attempt in 1...3 {
            now += .seconds(20)
            guard case .send(let batch) = outbox.next(now: now) else { return #expect(Bool(false)) }
            #expect(!outbox.isEmpty)
            let result10 = outbox.fail(batch[0], spread: 0.9, now: now)
            #expect(result10 == (attempt < 3))
        }
        #expect(outbox.isEmpty)
    }

    @Test func `delays grow to their maximum with half of them random`() {
        let backoff = Backoff(base: .seconds(5), max: .seconds(300))
        #expect(
            (1...8).map { backoff.delay(attempt: $0, spread: 0) }
                == [2.5, 5, 10, 20, 40, 80, 150, 150].map { .seconds($0) })
        #expect(backoff.delay(attempt: 1, spread: 0.5) == .seconds(3.75))
        #expect(backoff.delay(attempt: .max, spread: 0) == .seconds(150))
        for _ in 1...100 {
            let delay = backoff.delay(attempt: 3)
            #expect(delay >= .seconds(10) && delay < .seconds(20))
        }
    }
}

extension BatchBuffer.Action {
    fileprivate var items: [Item]? { if case .send(let batch) = self { batch.map(\.item) } else { nil } }
}

@Suite struct LineTests {
    @Test func `what went in first comes out first and is let go`() {
        final class Token {}
        var line = FIFOQueue<Token>()
        weak var first: Token?
        do {
            let token = Token()
            first = token
            line.append(token)
            line.append(Token())
        }
        do {
            let taken = line.removeFirst()
            #expect(taken === first && taken != nil)
        }
        #expect(first == nil)
        #expect(!line.isEmpty)
        let rest = line.removeAll()
        #expect(rest.count == 1)
        let none = line.removeFirst()
        #expect(none == nil)
    }
}

@Suite struct IntakeConfigurationTests {
    @Test func `the defaults can be used`() {
        #expect(IntakeConfiguration(concurrency: 16).validate() == [])
    }

    @Test func `all problems are told at once`() {
        var configuration = IntakeConfiguration(concurrency: 0)
        configuration.visibility = .seconds(1)
        configuration.wait = .milliseconds(1500)
        configuration.untilIdle = .seconds(-1)
        configuration.retryMax = .seconds(1)
        configuration.ackLinger = .seconds(30)
        configuration.maxReceives = 0
        let problems = configuration.validate()
        #expect(problems.count == 7)
        for word in ["concurrency", "visibility", "wait", "until-idle", "retry", "linger", "receives"] {
            #expect(problems.contains { $0.contains(word) })
        }
    }
}
