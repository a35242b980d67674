import Domain
import Foundation
import HTTP
import Ledger
import Pipelines
import Support
import TestKit
import Testing

@testable import Ledger
@testable import Notices

/// A webhook that fails three requests of ten, in each of the ways in which receivers do.
@Suite(.timeLimit(.minutes(2))) struct FlakyReceiverTests {
    /// The time of day passes thirty times as fast, so that pauses of seconds do not have to be waited for.
    private static func fastClocks() -> Clocks {
        let (start, began) = (ContinuousClock.now, Timestamp.now())
        return Clocks(ContinuousClock(), wall: { began.advanced(by: (ContinuousClock.now - start) * 30) })
    }

    private func write(_ count: Int, to destination: String, _ ledger: any Ledger) async throws {
        for number in 0..<count {
            let id = JobID(String(format: "%032x", number))!
            let job = Job(id: id, event: job("up/\(number)").event)
            let claim = try await ledger.claim(
                job, by: "w", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now,
                notices: [newNotice("\(number)-received", to: destination, about: id)])
            guard case .granted(let token, _) = claim else { continue }
            #expect(
                try await ledger.finish(
                    token, with: .gone, at: now, notices: [newNotice("\(number)-outcome", to: destination, about: id)]))
        }
    }

    @Test(arguments: [1, 3]) func `every notice is delivered, and the backlog ends at zero`(workers: Int) async throws {
        let folder = try TemporaryDirectory()
        let path = "sqlite:\(folder.path)/l.db"
        let ledger = try await openLedger(at: path, log: Log(threshold: .error))
        /// The ids that were taken, in order.
        let taken = Locked<[String]>([])
        let server = try ScriptedServer { request in
            let id = request["webhook-id"] ?? ""
            switch request.index % 20 {
            case 0, 7: return .status(500)
            case 3: return .status(503, headers: [("Retry-After", "1")])
            case 9: return .resets
            case 13: return .drops
            // Taken, and the sender does not hear of it.
            case 17:
                taken.withLock { $0.append(id) }
                return ScriptedAnswer(framing: .claims(100), closes: true, conduct: .drops)
            case 11:
                taken.withLock { $0.append(id) }
                return ScriptedAnswer(delay: .milliseconds(400))
            default:
                taken.withLock { $0.append(id) }
                return .status(204)
            }
        }
        defer { server.stop() }
        let destination = "webhook:\(server.url)"
        try await write(150, to: destination, ledger)
        let clocks = Self.fastClocks()
        var dispatchers: [NoticeDispatcher] = []
        for _ in 0..<workers {
            let secrets = WebhookSecrets(
                [.environment("A")], environment: ["A": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
            let sender = WebhookSender(
                url: server.url, secrets: secrets, http: try HTTPClient(configuration: HTTPConfiguration()))
            dispatchers.append(
                NoticeDispatcher(
                    [NoticeDestination(id: destination, sender: sender)], ledger: ledger, clocks: clocks,
                    log: Log(threshold: .error)))
        }
        let running = dispatchers.map { dispatcher in Task { await dispatcher.run() } }
        try await within(.seconds(100), "an empty backlog") {
            while try await !ledger.noticeBacklog().isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        }
        for dispatcher in dispatchers { dispatcher.stop() }
        for task in running { await task.value }
        #expect(dispatchers.map { $0.counts[0].sent }.reduce(0, +) == 300)
        let arrived = taken.withLock { $0 }
        let expected = (0..<150).flatMap { ["\($0)-received", "\($0)-outcome"] }
        #expect(Set(arrived) == Set(expected))
        // Of each object, what came first was sent first.
        for number in 0..<150 {
            let (received, outcome) = ("\(number)-received", "\(number)-outcome")
            #expect((arrived.firstIndex(of: received) ?? .max) < (arrived.firstIndex(of: outcome) ?? 0))
        }
        await ledger.close()
    }
}
