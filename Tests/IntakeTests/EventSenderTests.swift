import AWS
import Domain
import Intake
import Support
import TestKit
import Testing

/// A queue whose response leaves out the last entry of each request.
private struct TruncatingQueue: SendingQueue {
    func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        messages.dropLast().map { _ in nil }
    }
}

@Suite(.timeLimit(.minutes(1))) struct EventSenderTests {
    private let busy = SQSBatchFailure(code: "InternalError", message: "try again", isSenderFault: false)
    private let refused = SQSBatchFailure(code: "InvalidMessageContents", message: "no", isSenderFault: true)

    private func queue(
        failing fail: @escaping @Sendable (_ body: String, _ request: Int) throws(AWSError) -> SQSBatchFailure?
    ) -> MemoryQueue {
        let queue = MemoryQueue()
        queue.change { $0.failSend = fail }
        return queue
    }

    private func messages(_ bodies: [String]) -> [EventMessage] { bodies.map { EventMessage(body: $0, about: nil) } }

    @Test func `messages are sent in order, ten at a time`() async {
        let queue = MemoryQueue()
        let bodies = (0..<23).map { "m\($0)" }
        let results = await EventSender(to: queue).send(messages(bodies))
        #expect(results == Array(repeating: nil, count: 23))
        #expect(queue.state.sendRequests.map(\.count) == [10, 10, 3])
        #expect(queue.state.sendRequests.flatMap(\.self) == bodies)
    }

    /// A FIFO queue delivers the events of one key in order, and takes what is sent again after a lost answer once.
    @Test func `events of one object share a group, and tries of one call a deduplication id`() async throws {
        let queue = queue { [busy] _, request in request == 1 ? busy : nil }
        func event(_ key: String, bucket: String = "in") -> Event {
            Event(
                object: ObjectVersion(bucket: bucket, key: ObjectKey(key)!, versionID: nil, etag: "e"), size: 1,
                sequencer: "1", time: nil, name: "ObjectCreated:Put")
        }
        let sender = EventSender(to: queue, clocks: Clocks(ImmediateClock()))
        let events = [event("a"), event("b"), event("a", bucket: "other")]
        _ = await sender.send(events.map { EventMessage($0) })
        _ = await sender.send([EventMessage(events[0]), EventMessage(body: "{}", about: nil)])
        let sent = queue.state.sent
        try #require(sent.count == 8)
        #expect(Set(sent[0..<3].map(\.group)).count == 3 && sent[6].group == sent[0].group)
        #expect(sent[0..<3].map(\.deduplication) == sent[3..<6].map(\.deduplication))
        #expect(Set(sent.map(\.deduplication)).count == 5)
        for message in sent {
            #expect(
                (1...128).contains(message.group.utf8.count) && (1...128).contains(message.deduplication.utf8.count))
        }
    }

    @Test func `no request holds more bytes than every SQS accepts`() async {
        let queue = MemoryQueue()
        let sizes = [100_000, 100_000, 62_144, 1, 900_000, 5, 5]
        let results = await EventSender(to: queue).send(messages(sizes.map { String(repeating: "x", count: $0) }))
        #expect(results.allSatisfy { $0 == nil } && results.count == sizes.count)
        #expect(
            queue.state.sendRequests.map { $0.map(\.utf8.count) } == [
                [100_000, 100_000, 62_144], [1], [900_000], [5, 5],
            ])
    }

    @Test func `only failed entries are sent again`() async {
        let queue = queue { [busy] body, request in request < 3 && ["b", "d"].contains(body) ? busy : nil }
        let results = await EventSender(to: queue, clocks: Clocks(ImmediateClock())).send(
            messages(["a", "b", "c", "d"]))
        #expect(results == [nil, nil, nil, nil])
        #expect(queue.state.sendRequests == [["a", "b", "c", "d"], ["b", "d"], ["b", "d"]])
    }

    @Test func `an entry that is refused for good is not sent again`() async {
        let queue = queue { [refused] body, _ in body == "b" ? refused : nil }
        let results = await EventSender(to: queue, clocks: Clocks(ImmediateClock())).send(messages(["a", "b", "c"]))
        #expect(results == [nil, refused, nil])
        #expect(queue.state.sendRequests.count == 1)
    }

    @Test func `an entry that always fails is given up after its attempts`() async {
        let queue = queue { [busy] body, _ in body == "b" ? busy : nil }
        let results = await EventSender(to: queue, attempts: 3, clocks: Clocks(ImmediateClock())).send(
            messages(["a", "b"]))
        #expect(results == [nil, busy])
        #expect(queue.state.sendRequests == [["a", "b"], ["b"], ["b"]])
    }

    @Test func `an entry without an answer counts as not sent`() async {
        let results = await EventSender(to: TruncatingQueue(), attempts: 1).send(messages(["a", "b"]))
        #expect(results[0] == nil)
        #expect(results[1]?.code == "NotAnswered")
    }

    @Test func `after a request that fails as a whole the rest is not sent`() async {
        let queue = queue { (_, request) throws(AWSError) in
            if request == 2 { throw .sqs(.notFound, "QueueDoesNotExist") }
            return nil
        }
        let results = await EventSender(to: queue).send(messages((0..<35).map { "m\($0)" }))
        #expect(queue.state.sendRequests.count == 2)
        #expect(results.count == 35)
        #expect(results[..<10].allSatisfy { $0 == nil })
        #expect(results[10...].allSatisfy { $0?.isSenderFault == true })
    }

    /// The first request says which entries were sent; the failure of the second does not change that.
    @Test func `entries that were sent stay sent if a retry fails as a whole`() async {
        let queue = queue { [busy] (body, request) throws(AWSError) in
            if request == 2 { throw .sqs(.notFound, "QueueDoesNotExist") }
            return body == "b" ? busy : nil
        }
        let results = await EventSender(to: queue, clocks: Clocks(ImmediateClock())).send(messages(["a", "b", "c"]))
        #expect(results == [nil, busy, nil])
    }

    @Test func `the rate is kept across requests`() async {
        let (queue, clock) = (MemoryQueue(), ImmediateClock())
        let sender = EventSender(
            to: queue, rateLimiter: RateLimiter(rate: 20, clocks: Clocks(clock)), clocks: Clocks(clock))
        _ = await sender.send(messages((0..<30).map { "m\($0)" }))
        _ = await sender.send(messages(["last"]))
        // 30 at 20 a second: the 31st is sent one and a half seconds after the first.
        #expect(clock.manual.now.offset == .milliseconds(1500))
    }

    @Test func `at a slow rate messages are sent one by one`() async {
        let (queue, clock) = (MemoryQueue(), ImmediateClock())
        let sender = EventSender(
            to: queue, rateLimiter: RateLimiter(rate: 0.5, clocks: Clocks(clock)), clocks: Clocks(clock))
        _ = await sender.send(messages(["a", "b", "c"]))
        #expect(queue.state.sendRequests == [["a"], ["b"], ["c"]])
        #expect(clock.manual.now.offset == .seconds(4))
    }

    @Test func `a sender cancelled while it waits for the rate sends nothing more`() async {
        let (queue, clock) = (MemoryQueue(), ManualClock())
        let sending = Task {
            let limiter = RateLimiter(rate: 1, clocks: Clocks(clock))
            return await EventSender(to: queue, rateLimiter: limiter, clocks: Clocks(clock)).send(messages(["a", "b"]))
        }
        await clock.untilSleepers(1)
        sending.cancel()
        let results = await sending.value
        #expect(results[0] == nil)
        #expect(results[1]?.code == "Cancelled")
        #expect(queue.state.sendRequests == [["a"]])
    }
}
