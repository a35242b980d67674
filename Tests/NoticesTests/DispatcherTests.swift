import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

@testable import Notices

/// A destination whose answers a test scripts.
private final class ScriptedSender: NoticeSender {
    private let answer: @Sendable (_ id: String, _ count: Int) async throws(SendFailure) -> Void
    private let sent = Locked<[[String]]>([])
    let batchSize: Int

    init(
        batchSize: Int = 1,
        _ answer: @escaping @Sendable (String, Int) async throws(SendFailure) -> Void = { _, _ in }
    ) {
        self.batchSize = batchSize
        self.answer = answer
    }

    /// The ids of all attempts, in order.
    var attempts: [String] { batches.flatMap(\.self) }
    var batches: [[String]] { sent.withLock { $0 } }

    func send(_ notices: [NewNotice]) async -> [SendFailure?] {
        let first = sent.withLock { sent in
            defer { sent.append(notices.map(\.id)) }
            return sent.reduce(1) { $0 + $1.count }
        }
        var results: [SendFailure?] = []
        for (position, notice) in notices.enumerated() {
            do throws(SendFailure) {
                try await answer(notice.id, first + position)
                results.append(nil)
            } catch { results.append(error) }
        }
        return results
    }

    func check() async throws(SendFailure) -> String { "" }
}

@Suite(.timeLimit(.minutes(1))) struct DispatcherTests {
    private static let down = SendFailure(.unavailable, "no luck")

    private func withLedger(_ body: (any Ledger) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        let ledger = try await openLedger(at: "sqlite:\(folder.path)/l.db", log: Log(threshold: .error))
        try await body(ledger)
        await ledger.close()
    }

    private func write(_ ids: [String], to destination: String = "sqs:q", _ ledger: any Ledger) async throws {
        for id in ids {
            let other = Job(
                id: JobID((0..<32).map { _ in "0123456789abcdef".randomElement()! }.reduce("") { "\($0)\($1)" })!,
                event: job("up/\(id)").event)
            let claim = try await ledger.claim(
                other, by: "w", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now)
            guard case .granted(let token, _) = claim else { throw NotGranted() }
            #expect(
                try await ledger.finish(
                    token, with: .gone, at: now, notices: [newNotice(id, to: destination, about: other.id)]))
        }
    }

    private struct NotGranted: Error {}

    private func pending(_ ledger: any Ledger) async throws -> [String] {
        try await ledger.notices(NoticeQuery(isPending: true)).map(\.notice.id).sorted()
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func `what is due is sent before the end, and what was sent is settled`() async throws {
        try await withLedger { ledger in
            let ids = (1...25).map { "n\($0)" }
            try await write(ids, ledger)
            let sender = ScriptedSender()
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            dispatcher.stop()
            await dispatcher.run()
            #expect(sender.attempts.sorted() == ids.sorted())
            #expect(try await pending(ledger).isEmpty && dispatcher.counts.map(\.sent) == [25])
        }
    }

    @Test func `a new notice is sent at once if the dispatcher is woken`() async throws {
        try await withLedger { ledger in
            let sender = ScriptedSender()
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            async let running: Void = dispatcher.run()
            // Asleep for five seconds by now.
            try await Task.sleep(for: .milliseconds(300))
            try await write(["n1"], ledger)
            dispatcher.wake()
            try await within(.seconds(3), "the sending") { try await until { sender.attempts == ["n1"] } }
            dispatcher.stop()
            await running
        }
    }

    @Test func `a destination that is down delays its own notices alone, is reported once, and comes back`()
        async throws
    {
        try await withLedger { ledger in
            let lines = LogLines()
            try await write((1...30).map { "a\($0)" }, to: "sqs:a", ledger)
            try await write((1...30).map { "b\($0)" }, to: "sqs:b", ledger)
            let isUp = Locked(false)
            let first = ScriptedSender { (_, _) throws(SendFailure) in
                if !isUp.withLock({ $0 }) { throw Self.down }
            }
            let second = ScriptedSender()
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:a", sender: first), NoticeDestination(id: "sqs:b", sender: second)],
                ledger: ledger, log: lines.log)
            async let running: Void = dispatcher.run()
            try await until { second.attempts.count == 30 && first.attempts.count >= 11 }
            // One batch, then one at a time.
            #expect(first.attempts.count < 14)
            let down = dispatcher.counts
            #expect(down.map(\.isDown) == [true, false] && down[0].failed >= 10 && down[0].sent == 0)
            isUp.withLock { $0 = true }
            try await until { first.attempts.count >= 30 && dispatcher.counts[0].sent >= 20 }
            #expect(lines.count("notices wait: their destination can't be used") == 1)
            #expect(lines.count("notices are sent again") == 1)
            dispatcher.stop()
            await running
        }
    }

    @Test func `an answer that does not come holds up no other notice`() async throws {
        try await withLedger { ledger in
            try await write((1...60).map { "n\($0)" }, ledger)
            let gate = Promise<Void>()
            let sender = ScriptedSender { (_, count) async throws(SendFailure) in
                if count == 1 { await gate.value }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            dispatcher.stop()
            async let running: Void = dispatcher.run()
            try await until { sender.attempts.count == 60 }
            gate.keep(())
            await running
            #expect(try await pending(ledger).isEmpty)
        }
    }

    @Test func `a destination that takes some notices of many is not down`() async throws {
        try await withLedger { ledger in
            let lines = LogLines()
            try await write((1...60).map { "n\($0)" }, ledger)
            let sender = ScriptedSender { (_, count) throws(SendFailure) in
                if count % 4 == 0 { throw Self.down }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: lines.log)
            dispatcher.stop()
            await dispatcher.run()
            // The end did not come before each was tried, and those that failed are due later.
            #expect(Set(sender.attempts).count == 60 && dispatcher.counts[0].sent >= 45)
            #expect(lines.count("notices wait: their destination can't be used") == 0)
        }
    }

    @Test func `notices go in full batches, and each entry has its own result`() async throws {
        try await withLedger { ledger in
            try await write((1...57).map { "n\($0)" }, ledger)
            let sender = ScriptedSender(batchSize: 10) { (id, _) throws(SendFailure) in
                if id == "n13" { throw SendFailure(.refused, "too long") }
                if id == "n14" { throw Self.down }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            dispatcher.stop()
            await dispatcher.run()
            #expect(sender.batches.map(\.count).sorted() == [7, 10, 10, 10, 10, 10])
            #expect(try await pending(ledger) == ["n13", "n14"] && dispatcher.counts[0].sent == 55)
            #expect(dispatcher.counts[0].isDown == false)
        }
    }

    @Test func `the notices about one object go one after the other`() async throws {
        try await withLedger { ledger in
            let jobs = (0..<12).map { job("up/\($0)") }.enumerated().map { number, job in
                Job(id: JobID(String(repeating: "0", count: 30) + String(number + 16, radix: 16))!, event: job.event)
            }
            for (number, job) in jobs.enumerated() {
                let claim = try await ledger.claim(
                    job, by: "w", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now,
                    notices: [newNotice("\(number) received", about: job.id)])
                guard case .granted(let token, _) = claim else { throw NotGranted() }
                #expect(
                    try await ledger.finish(
                        token, with: .gone, at: now, notices: [newNotice("\(number) outcome", about: job.id)]))
            }
            // The first attempt of every notice of an even object fails, and one is refused for good.
            let tried = Locked<Set<String>>([])
            let sender = ScriptedSender(batchSize: 10) { (id, _) throws(SendFailure) in
                if id == "11 received" { throw SendFailure(.refused, "no") }
                let isFirst = tried.withLock { $0.insert(id).inserted }
                if isFirst, Int(id.prefix { $0 != " " })!.isMultiple(of: 2) { throw Self.down }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            async let running: Void = dispatcher.run()
            try await within(.seconds(40), "the sending") {
                try await until { try await pending(ledger) == ["11 received"] }
            }
            dispatcher.stop()
            await running
            for number in 0..<12 {
                let own = sender.attempts.filter { $0.hasPrefix("\(number) ") }
                let times = number.isMultiple(of: 2) ? 2 : 1
                #expect(own == (["received", "outcome"].flatMap { Array(repeating: "\(number) \($0)", count: times) }))
                #expect(!sender.batches.contains { $0.count { $0.hasPrefix("\(number) ") } > 1 })
            }
        }
    }

    @Test func `a notice that is refused does not hold the others up`() async throws {
        try await withLedger { ledger in
            let lines = LogLines()
            try await write((1...15).map { "n\($0)" }, ledger)
            let sender = ScriptedSender { (id, _) throws(SendFailure) in
                if id == "n3" { throw SendFailure(.refused, "too long") }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: lines.log)
            dispatcher.stop()
            await dispatcher.run()
            #expect(try await pending(ledger) == ["n3"] && sender.attempts.count == 15)
            let left = try await ledger.notices(NoticeQuery(isPending: true))[0]
            #expect(left.error == "too long" && left.dueAt > Timestamp.now().advanced(by: .seconds(20)))
            #expect(lines.count("notice refused") == 1 && dispatcher.counts[0].isDown == false)
        }
    }

    @Test func `a destination that is gone gets nothing more until a restart`() async throws {
        try await withLedger { ledger in
            try await write((1...30).map { "n\($0)" }, ledger)
            let sender = ScriptedSender { (_, _) throws(SendFailure) in throw SendFailure(.gone, "410") }
            let lines = LogLines()
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: lines.log)
            async let running: Void = dispatcher.run()
            try await lines.next("notices wait: their destination can't be used")
            for _ in 1...20 {
                dispatcher.wake()
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(sender.attempts.count == 10 && dispatcher.counts[0].isDown)
            #expect(lines.count("notices wait: their destination can't be used") == 1)
            dispatcher.stop()
            await running
            #expect(try await pending(ledger).count == 30)
        }
    }

    @Test func `a stop that is out of time hands back what is being sent`() async throws {
        try await withLedger { ledger in
            try await write(["n1"], ledger)
            let sender = ScriptedSender { (_, _) throws(SendFailure) in
                do { try await Task.sleep(for: .seconds(60)) } catch { throw SendFailure(.cancelled, "cancelled") }
            }
            let dispatcher = NoticeDispatcher(
                [NoticeDestination(id: "sqs:q", sender: sender)], ledger: ledger, log: Log(threshold: .error))
            let running = Task { await dispatcher.run() }
            try await until { sender.attempts.count == 1 }
            dispatcher.stop()
            running.cancel()
            await running.value
            let soon = Timestamp.now().advanced(by: .seconds(1))
            let taken = try await ledger.takeNotices(for: "sqs:q", limit: 9, now: soon, until: soon)
            #expect(taken.map(\.notice.id) == ["n1"])
        }
    }

    @Test(arguments: [true, false])
    func `notices without a destination are counted and reported once`(hasOthers: Bool) async throws {
        try await withLedger { ledger in
            try await write(["n1"], to: "webhook:https://old.example/", ledger)
            let lines = LogLines()
            let others = hasOthers ? [NoticeDestination(id: "sqs:q", sender: ScriptedSender())] : []
            let dispatcher = NoticeDispatcher(others, ledger: ledger, log: lines.log)
            let running = Task { await dispatcher.run() }
            try await lines.next("notices wait for a destination that no pipeline of this worker has")
            #expect(dispatcher.counts.map(\.destination) == others.map(\.id) + ["webhook:https://old.example/"])
            #expect(dispatcher.counts.last?.pending == 1 && dispatcher.counts.last?.oldest == now)
            dispatcher.stop()
            await running.value
        }
    }
}
