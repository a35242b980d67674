import Support
import Testing

@testable import Intake

@Suite struct BatchBufferTests {
    private func buffer(attempts: Int = 3) -> BatchBuffer<Int> {
        BatchBuffer(
            linger: .milliseconds(200), attempts: attempts,
            backoff: Backoff(base: .seconds(1), max: .seconds(10)))
    }

    @Test func `ten items are sent at once and fewer after the linger`() {
        var buffer = buffer()
        for item in 1...9 { _ = buffer.add(item, now: .zero) }
        let beforeLinger = buffer.next(now: .milliseconds(199)).items
        #expect(beforeLinger == nil)
        let isDue = buffer.add(10, now: .milliseconds(199))
        #expect(isDue)
        let full = buffer.next(now: .milliseconds(199)).items
        #expect(full == Array(1...10))
        _ = buffer.add(11, now: .milliseconds(300))
        let early = buffer.next(now: .milliseconds(499)).items
        #expect(early == nil)
        let late = buffer.next(now: .milliseconds(500)).items
        #expect(late == [11])
    }

    @Test func `only the first and the tenth item wake the sender`() {
        var buffer = buffer()
        let calls = (1...10).map { buffer.add($0, now: .zero) }
        #expect(calls == [true] + Array(repeating: false, count: 8) + [true])
    }

    /// Otherwise it would wait as long as the failed item, although it is due earlier.
    @Test func `an item due before all failed ones wakes the sender`() throws {
        var buffer = buffer()
        _ = buffer.add(1, now: .zero)
        let action = buffer.next(now: .milliseconds(200))
        let batch = try #require(action.entries)
        let isSentAgain = buffer.fail(batch[0], jitter: 0.9, now: .milliseconds(200))
        #expect(isSentAgain)
        let calls = [2, 3].map { buffer.add($0, now: .milliseconds(300)) }
        #expect(calls == [true, false])
    }

    @Test func `while flushing no new item waits`() {
        var buffer = buffer()
        _ = buffer.add(1, now: .zero)
        buffer.isFlushing = true
        let flushed = buffer.next(now: .zero).items
        #expect(flushed == [1])
    }

    @Test func `a failed item waits for its own time even while flushing`() throws {
        var buffer = buffer()
        buffer.isFlushing = true
        _ = buffer.add(1, now: .zero)
        let action = buffer.next(now: .zero)
        let batch = try #require(action.entries)
        let isSentAgain = buffer.fail(batch[0], jitter: 0.9, now: .zero)
        #expect(isSentAgain)
        let waiting = buffer.next(now: .milliseconds(499)).items
        #expect(waiting == nil)
        let again = buffer.next(now: .seconds(1)).items
        #expect(again == [1])
    }

    @Test func `an item is given up after its attempts`() throws {
        var buffer = buffer(attempts: 3)
        _ = buffer.add(1, now: .zero)
        var now: Duration = .zero
        for attempt in 1...3 {
            now += .seconds(20)
            let action = buffer.next(now: now)
            let batch = try #require(action.entries)
            #expect(!buffer.isEmpty)
            let isSentAgain = buffer.fail(batch[0], jitter: 0.9, now: now)
            #expect(isSentAgain == (attempt < 3))
        }
        #expect(buffer.isEmpty)
    }
}

extension BatchBuffer.Action {
    fileprivate var entries: [BatchBuffer.Entry]? { if case .send(let batch) = self { batch } else { nil } }

    fileprivate var items: [Item]? { entries?.map(\.item) }
}
