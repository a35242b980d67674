import Intake
import Support
import TestKit
import Testing

/// A queue that notes what is sent, and whose answers are scripted.
private final class ScriptedQueue: SendingQueue {
    private let requests = Locked<[[String]]>([])
    private let answer: @Sendable (_ bodies: [String], _ request: Int) throws -> [SendFailure?]

    init(
        _ answer: @escaping @Sendable ([String], Int) throws -> [SendFailure?] = { bodies, _ in bodies.map { _ in nil }
        }
    ) {
        self.answer = answer
    }

    var sent: [[String]] { requests.withLock { $0 } }

    func send(_ bodies: [String]) async throws -> [SendFailure?] {
        let number = requests.withLock { requests in
            requests.append(bodies)
            return requests.count
        }
        return try answer(bodies, number)
    }
}

/// A clock on which nobody waits: every sleep is over at once, and noted.
private struct HastyClock: Clock {
    let manual = ManualClock()
    var now: ManualClock.Instant { manual.now }
    var minimumResolution: Duration { .nanoseconds(1) }
    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        if deadline > now { manual.advance(by: now.duration(to: deadline)) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct EventSenderTests {
    private let busy = SendFailure(code: "InternalError", message: "try again", isTransient: true)
    private let refused = SendFailure(code: "InvalidMessageContents", message: "no", isTransient: false)

    private func messages(_ bodies: [String]) -> [EventMessage] { bodies.map { EventMessage(body: $0) } }

    @Test func `messages go in their order ten at a time`() async {
        let queue = ScriptedQueue()
        let bodies = (0..<23).map { "m\($0)" }
        let results = await EventSender(to: queue).send(messages(bodies))
        #expect(results == Array(repeating: nil, count: 23))
        #expect(queue.sent.map(\.count) == [10, 10, 3])
        #expect(queue.sent.flatMap(\.self) == bodies)
    }

    @Test func `no request holds more bytes than every SQS takes`() async {
        let queue = ScriptedQueue()
        let sizes = [100_000, 100_000, 62_144, 1, 900_000, 5, 5]
        let results = await EventSender(to: queue).send(messages(sizes.map { String(repeating: "x", count: $0) }))
        #expect(results.allSatisfy { $0 == nil } && results.count == sizes.count)
        #expect(queue.sent.map { $0.map(\.utf8.count) } == [[100_000, 100_000, 62_144], [1], [900_000], [5, 5]])
    }

    @Test func `what failed is sent again and nothing else`() async {
        let queue = ScriptedQueue { [busy] bodies, request in
            bodies.map { body in request < 3 && ["b", "d"].contains(body) ? busy : nil }
        }
        let results = await EventSender(to: queue, clock: HastyClock()).send(messages(["a", "b", "c", "d"]))
        #expect(results == [nil, nil, nil, nil])
        #expect(queue.sent == [["a", "b", "c", "d"], ["b", "d"], ["b", "d"]])
    }

    @Test func `an entry that is refused for good is not sent again`() async {
        let queue = ScriptedQueue { [refused] bodies, _ in bodies.map { $0 == "b" ? refused : nil } }
        let results = await EventSender(to: queue, clock: HastyClock()).send(messages(["a", "b", "c"]))
        #expect(results == [nil, refused, nil])
        #expect(queue.sent.count == 1)
    }

    @Test func `an entry that always fails is given up after so many tries`() async {
        let queue = ScriptedQueue { [busy] bodies, _ in bodies.map { $0 == "b" ? busy : nil } }
        let results = await EventSender(to: queue, attempts: 3, clock: HastyClock()).send(messages(["a", "b"]))
        #expect(results == [nil, busy])
        #expect(queue.sent == [["a", "b"], ["b"], ["b"]])
    }

    @Test func `an answer that is too short proves nothing`() async {
        let queue = ScriptedQueue { bodies, _ in bodies.dropLast().map { _ in nil } }
        let results = await EventSender(to: queue, attempts: 1).send(messages(["a", "b"]))
        #expect(results[0] == nil)
        #expect(results[1]?.code == "NotAnswered")
    }

    @Test func `once the queue is out of reach the rest is not tried`() async {
        struct Gone: Error {}
        let queue = ScriptedQueue { bodies, request in
            if request == 2 { throw Gone() }
            return bodies.map { _ in nil }
        }
        let results = await EventSender(to: queue).send(messages((0..<35).map { "m\($0)" }))
        #expect(queue.sent.count == 2)
        #expect(results.count == 35)
        #expect(results[..<10].allSatisfy { $0 == nil })
        #expect(results[10...].allSatisfy { $0?.isTransient == false })
    }

    /// The first request says which entries went; that the second one fails changes nothing for those.
    @Test func `what was sent stays sent when the next try fails as a whole`() async {
        struct Gone: Error {}
        let queue = ScriptedQueue { [busy] bodies, request in
            if request == 2 { throw Gone() }
            return bodies.map { $0 == "b" ? busy : nil }
        }
        let results = await EventSender(to: queue, clock: HastyClock()).send(messages(["a", "b", "c"]))
        #expect(results == [nil, busy, nil])
    }

    @Test func `the pace is kept across requests`() async {
        let (queue, clock) = (ScriptedQueue(), HastyClock())
        let sender = EventSender(to: queue, pace: RateLimiter(rate: 20, clock: clock), clock: clock)
        _ = await sender.send(messages((0..<30).map { "m\($0)" }))
        _ = await sender.send(messages(["last"]))
        // 30 at 20 a second: the 31st goes one and a half seconds after the first.
        #expect(clock.manual.now.offset == .milliseconds(1500))
    }

    @Test func `a slow pace comes one by one`() async {
        let (queue, clock) = (ScriptedQueue(), HastyClock())
        let sender = EventSender(to: queue, pace: RateLimiter(rate: 0.5, clock: clock), clock: clock)
        _ = await sender.send(messages(["a", "b", "c"]))
        #expect(queue.sent == [["a"], ["b"], ["c"]])
        #expect(clock.manual.now.offset == .seconds(4))
    }

    @Test func `who is stopped while held back sends nothing more`() async {
        let (queue, clock) = (ScriptedQueue(), ManualClock())
        let sending = Task {
            await EventSender(to: queue, pace: RateLimiter(rate: 1, clock: clock), clock: clock).send(
                messages(["a", "b"]))
        }
        await clock.untilSleepers(1)
        sending.cancel()
        let results = await sending.value
        #expect(results[0] == nil)
        #expect(results[1]?.code == "Cancelled")
        #expect(queue.sent == [["a"]])
    }
}
