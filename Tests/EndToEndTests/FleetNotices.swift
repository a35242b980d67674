import Domain
import Foundation
import Ledger
import Support
import TestKit
import Testing

/// Whom a fleet's pipelines notify: a webhook that fails a fifth of its requests, and a queue. What arrives there is
/// compared with what the ledger has.
final class FleetNotices: Sendable {
    private let receiver: WebhookReceiver
    private let queue: Queue
    private let seed: UInt64
    private let taken: Taken

    /// The ids that the webhook has taken.
    private final class Taken: Sendable {
        private let ids = Locked<Set<String>>([])

        var all: Set<String> { ids.withLock { $0 } }

        func add(_ request: ScriptedRequest) { ids.withLock { _ = $0.insert(request["webhook-id"] ?? "") } }
    }

    init(_ plan: FleetPlan, _ cloud: CloudOperator) async throws {
        let taken = Taken()
        (self.taken, seed) = (taken, plan.seed)
        queue = try await cloud.createQueue("\(plan.name)-notices", visibility: 600)
        receiver = try WebhookReceiver(keepsRequests: false) { request in
            switch request.index % 20 {
            case 0: return .resets
            case 5: return .status(500)
            case 10: return .status(503)
            // The sender does not hear that it was taken.
            case 15:
                taken.add(request)
                return .drops
            default:
                taken.add(request)
                var answer = ScriptedAnswer.status(204)
                if request.index.isMultiple(of: 9) { answer.delay = .milliseconds(300) }
                return answer
            }
        }
    }

    func stop() { receiver.server.stop() }

    static let environment = ["HOOK_SECRET": WebhookReceiver.secret]

    /// Returns a pipeline's rules with both destinations.
    func adding(to rules: String) -> String {
        rules.replacing(
            "then:",
            with: """
                notify:
                  - { webhook: { url: "\(receiver.url)", secrets: ["env:HOOK_SECRET"] }, received: true }
                  - { sqs: "\(queue.url)", received: true }
                then:
                """)
    }

    /// Waits until no notice is pending. Those of killed workers would be due after two minutes, failed ones after
    /// growing pauses: they are made due, as `lazaret notices retry` does.
    func untilSent(by url: String, within limit: Duration) async throws {
        let ledger = try await openLedger(at: url, log: Log(threshold: .error), creating: false)
        try await within(limit, "an empty backlog of notices (seed \(seed))") {
            while try await !ledger.noticeBacklog().isEmpty {
                let entry = AuditEntry(at: .now(), actor: "fleet", action: "retry", subject: "notices", reason: "end")
                _ = try await ledger.retryNotices(NoticeQuery(isPending: true), entry)
                try await Task.sleep(for: .seconds(3))
            }
        }
        await ledger.close()
    }

    /// Requires that each destination has each notice of the ledger, and no other, and that no outcome lacks one.
    ///
    /// - Returns: how many notices there were, and how many messages the queue got.
    func expectBalance(_ account: FleetAccount, _ cloud: CloudOperator) async throws -> (sent: Int, messages: Int) {
        let ledger = try await openLedger(at: account.fleet.ledger, log: Log(threshold: .error), creating: false)
        let all = try await ledger.notices(NoticeQuery(limit: .max))
        await ledger.close()
        #expect(all.allSatisfy { $0.sentAt != nil }, "seed \(seed)")
        var messages: [String] = []
        while case let more = try await cloud.take(500, from: queue.url, seconds: 2), !more.isEmpty {
            messages += try more.map { try NoticeLine($0).id }
        }
        let arrived = ["webhook:\(receiver.url)": taken.all, "sqs:\(queue.url)": Set(messages)]
        for (destination, ids) in arrived {
            let own = Set(all.filter { $0.notice.destination == destination }.map(\.notice.id))
            #expect(ids == own, "\(destination): \(ids.symmetricDifference(own).sorted().prefix(9)), seed \(seed)")
            for job in account.jobs where job.outcome != "unmatched" {
                #expect(own.contains("\(job.job)-received"), "\(destination), \(job), seed \(seed)")
                #expect(
                    own.contains("\(job.job)-outcome-\(job.attempts)"), "\(destination), \(job), seed \(seed)")
            }
        }
        return (all.count, messages.count)
    }
}
