import Domain
import Ledger
import Testing

@testable import Ledger

/// The contract of `prune` and `discardUnreadable`, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct PruneContractTests {
    private func prune(
        _ ledger: any Ledger, before minute: Int64, keepsQuarantined: Bool = true, isDryRun: Bool = false
    ) async throws -> PruneBatch {
        let scope = PruneScope(before: at(minute), keepsQuarantined: keepsQuarantined, isDryRun: isDryRun)
        var total = PruneBatch()
        repeat {
            let batch = try await ledger.prune(scope, from: total.next)
            total.jobs += batch.jobs
            total.unreadable += batch.unreadable
            total.next = batch.next
        } while total.next != nil
        return total
    }

    private func ids(_ ledger: any Ledger) async throws -> [JobID] {
        try await ledger.jobs(JobQuery()).map(\.job.id).reversed()
    }

    @Test(arguments: LedgerDriver.allCases)
    func `only jobs that ended before the time are removed`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), at: 1)
            try await ledger.settle(job(2), .settled(infected, .quarantined, nil), at: 2)
            _ = try await ledger.take(job(3), at: 3)
            let late = try await ledger.take(job(4), at: 4)
            #expect(try await ledger.finish(late, with: .gone, at: at(20)))
            try await ledger.settle(job(5), .failed(reason: "denied", nil), at: 5)
            try await ledger.settle(job(6), .failed(reason: "denied", nil), at: 6)
            let entry = AuditEntry(at: at(7), actor: "mara", action: "replay", subject: "s", job: jobID(6), reason: "r")
            _ = try await ledger.reopen(jobID(6), keepingJudgement: false, entry)
            try await ledger.settle(job(7), at: 10)

            let dry = try await prune(ledger, before: 10, isDryRun: true)
            #expect(dry.jobs == 2)
            #expect(try await ids(ledger) == (1...7).map(jobID))
            #expect(try await prune(ledger, before: 10).jobs == 2)
            #expect(try await ids(ledger) == [2, 3, 4, 6, 7].map(jobID))
            #expect(try await prune(ledger, before: 10, keepsQuarantined: false).jobs == 1)
            #expect(try await ids(ledger) == [3, 4, 6, 7].map(jobID))
            #expect(try await prune(ledger, before: 10).jobs == 0)
            // What is left is whole, and a removed job is unknown.
            #expect(try await ledger.job(jobID(6))?.history.count == 1)
            #expect(try await ledger.job(jobID(1)) == nil)
            #expect(try await ledger.auditTrail(of: jobID(6), limit: 9) == [entry])
            // The event of a removed job makes a new one.
            let claim = try await ledger.take(job(1), at: 30)
            #expect(claim.attempt == 1)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a pruning of many jobs goes in batches and misses none`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let count = PruneStatements.batchSize + 20
            try await withThrowingTaskGroup { group in
                for number in 1...count {
                    // Many of one minute: the batch ends within it.
                    group.addTask {
                        let outcome: Outcome = number % 7 == 0 ? .settled(infected, .quarantined, nil) : .gone
                        try await ledger.settle(job(number), outcome, at: Int64(number / 300))
                    }
                }
                try await group.waitForAll()
            }
            let scope = PruneScope(before: at(10), keepsQuarantined: true, isDryRun: false)
            let first = try await ledger.prune(scope, from: nil)
            #expect(first.jobs < PruneStatements.batchSize && first.next != nil)
            let second = try await ledger.prune(scope, from: first.next)
            #expect(second.next == nil)
            #expect(first.jobs + second.jobs == count - count / 7)
            #expect(try await ledger.jobs(JobQuery(limit: 10_000)).allSatisfy { $0.disposition == .quarantined })
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `old unreadable messages are pruned, and one is discarded by its id`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for number: Int64 in 1...3 {
                let message = UnreadableMessage(messageID: "m\(number)", reason: "r", body: "b", receiveCount: 1)
                try await ledger.recordUnreadable(message, at: at(number))
            }
            #expect(try await prune(ledger, before: 2, isDryRun: true).unreadable == 1)
            #expect(try await prune(ledger, before: 2).unreadable == 1)
            #expect(try await ledger.unreadableMessages(limit: 9).map(\.message.messageID) == ["m3", "m2"])
            let entry = AuditEntry(at: at(9), actor: "mara", action: "discard", subject: "m2", reason: "no event")
            #expect(try await ledger.discardUnreadable("m2", entry))
            #expect(try await !ledger.discardUnreadable("m2", entry))
            #expect(try await ledger.unreadableMessages(limit: 9).map(\.message.messageID) == ["m3"])
            #expect(try await ledger.auditTrail(of: nil, limit: 9) == [entry])
        }
    }
}
