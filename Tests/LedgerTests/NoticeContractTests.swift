import Domain
import Ledger
import Testing

@testable import Ledger

/// The contract of the outbox, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct NoticeContractTests {
    private static let queue = "sqs:http://127.0.0.1/1/queue"
    private static let topic = "sns:arn:aws:sns:us-east-1:1:topic"
    private static let promoted = Outcome.settled(clean, .promoted, nil)

    private func notice(
        _ number: Int, _ kind: NoticeKind = .outcome, to destination: String = queue, at minute: Int64 = 0
    ) -> NewNotice {
        NewNotice(
            id: "\(jobID(number))-\(kind.rawValue)", destination: destination,
            attributes: NoticeAttributes(
                kind: kind, pipeline: "uploads", bucket: "incoming", verdict: kind == .outcome ? .clean : nil,
                disposition: kind == .outcome ? .promoted : nil),
            job: jobID(number), body: #"{"a":"\u202e\u0000 \\ 'é' $1"}"#, createdAt: at(minute))
    }

    private func entry(_ action: String) -> AuditEntry {
        AuditEntry(at: at(50), actor: "mara", action: action, subject: "notices", reason: "r")
    }

    private func takes(
        _ ledger: any Ledger, from destination: String = queue, limit: Int = 10, at minute: Int64 = 0
    ) async throws -> [NoticeRecord] {
        try await ledger.takeNotices(for: destination, limit: limit, now: at(minute), until: at(minute + 1))
    }

    @Test(arguments: LedgerDriver.allCases)
    func `notices are written with the claim of a new job and with its outcome, once`(_ driver: LedgerDriver)
        async throws
    {
        try await driver.withLedger { ledger in
            func claim(at minute: Int64) async throws -> Claim {
                try await ledger.claim(
                    job(1), by: "alpha", pipeline: "uploads", receivedAt: at(0), until: at(minute + 10),
                    now: at(minute),
                    notices: [notice(1, .received)])
            }
            guard case .granted(let first, _) = try await claim(at: 0) else { throw NotGranted(claim: nil) }
            // Held, then expired and claimed again: the job is not new.
            _ = try await claim(at: 1)
            guard case .granted(let second, _) = try await claim(at: 20) else { throw NotGranted(claim: nil) }
            let both = [notice(1), notice(1, to: Self.topic)]
            // The first attempt's claim is lost.
            #expect(try await ledger.finish(first, with: Self.promoted, at: at(21), notices: both) == false)
            for _ in 1...2 {
                #expect(try await ledger.finish(second, with: Self.promoted, at: at(21), notices: both))
            }
            let found = try await ledger.notices(NoticeQuery())
            #expect(found.map(\.notice) == [notice(1, to: Self.topic), notice(1), notice(1, .received)])
            #expect(found.allSatisfy { $0.attempts == 0 && $0.sentAt == nil && $0.error == nil && $0.dueAt == at(0) })
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `every kind of outcome has its notices, and one without any writes none`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let outcomes: [Outcome] = [
                .gone, .superseded, .failed(reason: "r", nil), .failed(reason: "r", infected), .marker,
                .settled(infected, .quarantined, nil), .settled(cleanWithEvidence(), .kept, nil),
            ]
            for (number, outcome) in outcomes.enumerated() {
                let token = try await ledger.take(job(number))
                #expect(try await ledger.finish(token, with: outcome, at: at(1), notices: [notice(number)]))
                #expect(try await ledger.job(jobID(number))?.outcome?.kind == outcome.kind)
            }
            let token = try await ledger.take(job(99))
            #expect(try await ledger.finish(token, with: .gone, at: at(1), notices: []))
            #expect(try await ledger.notices(NoticeQuery()).map(\.notice.job) == (0...6).reversed().map { jobID($0) })
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a review's notices are written with its end alone`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), .settled(infected, .quarantined, nil))
            let change = ReviewChange.begin(
                .delete, target: nil, needsApproval: false, worker: "w", until: at(9))
            let act = AuditEntry(at: at(2), actor: "mara", action: "delete", subject: "s", job: jobID(1), reason: "r")
            guard case .begun(let token, _, _) = try await ledger.changeReview(of: jobID(1), change, act) else {
                throw NotGranted(claim: nil)
            }
            func finish() async throws -> ReviewResult {
                try await ledger.changeReview(
                    of: jobID(1), .finish(token, place: nil, falsePositives: [], notices: [notice(1, .review)]), act)
            }
            #expect(try await ledger.notices(NoticeQuery()).isEmpty)
            _ = try await finish()
            #expect(try await finish() == .refused(.isLost))
            #expect(try await ledger.notices(NoticeQuery()).map(\.notice) == [notice(1, .review)])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a notice is due again unless its attempt is settled in time`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await write(1...3, to: ledger)
            #expect(try await takes(ledger, from: Self.topic).isEmpty)
            let first = try await takes(ledger, limit: 2)
            #expect(first.map(\.notice.job) == [jobID(1), jobID(2)] && first.allSatisfy { $0.attempts == 1 })
            #expect(try await takes(ledger).map(\.notice.job) == [jobID(3)])
            #expect(try await takes(ledger).isEmpty)
            // Sent; failed; and one whose worker was killed.
            #expect(try await ledger.settleNotice(first[0].ticket, .sent, at: at(0)))
            #expect(try await ledger.settleNotice(first[1].ticket, .failed("no luck", until: at(5)), at: at(0)))
            let second = try await takes(ledger, at: 1)
            #expect(second.map(\.notice.job) == [jobID(3)] && second.map(\.attempts) == [2])
            // What the first attempt reports too late changes nothing.
            let stale = NoticeTicket(number: second[0].number, attempt: 1)
            for late in [NoticeResult.sent, .failed("late", until: at(99)), .handedBack] {
                #expect(try await ledger.settleNotice(stale, late, at: at(1)) == false)
            }
            #expect(try await ledger.settleNotice(second[0].ticket, .handedBack, at: at(1)))
            #expect(try await takes(ledger, at: 1).map(\.notice.job) == [jobID(3)])
            let due = try await takes(ledger, at: 5)
            #expect(due.map(\.notice.job) == [jobID(2), jobID(3)] && due.map(\.error) == ["no luck", nil])
            #expect(try await ledger.settleNotice(first[0].ticket, .sent, at: at(9)) == false)
            #expect(
                try await ledger.noticeBacklog() == [NoticeBacklog(destination: Self.queue, pending: 2, oldest: at(0))])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a notice waits for earlier ones about its job, but for none that is refused or fails for long`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            for number in 1...3 {
                let claim = try await ledger.claim(
                    job(number), by: "alpha", pipeline: "uploads", receivedAt: at(0), until: at(10), now: at(0),
                    notices: [notice(number, .received), notice(number, .received, to: Self.topic)])
                guard case .granted(let token, _) = claim else { throw NotGranted(claim: claim) }
                #expect(try await ledger.finish(token, with: .gone, at: at(0), notices: [notice(number)]))
            }
            var first = try await takes(ledger)
            #expect(first.map(\.notice.attributes.kind) == [.received, .received, .received])
            #expect(try await takes(ledger).isEmpty)
            #expect(try await ledger.settleNotice(first[0].ticket, .sent, at: at(0)))
            #expect(try await ledger.settleNotice(first[1].ticket, .refused("no", until: at(90)), at: at(0)))
            #expect(try await ledger.settleNotice(first[2].ticket, .failed("down", until: at(1)), at: at(0)))
            #expect(try await takes(ledger).map(\.notice) == [notice(1), notice(2)])
            for attempt in 2...10 {
                first = try await takes(ledger, at: Int64(attempt)).filter { $0.notice.job == jobID(3) }
                #expect(first.map(\.notice) == [notice(3, .received)])
                let until = NoticeResult.failed("down", until: at(Int64(attempt + 1)))
                #expect(try await ledger.settleNotice(first[0].ticket, until, at: at(Int64(attempt))))
            }
            #expect(try await takes(ledger, at: 10).map(\.notice).contains(notice(3)))
            // What was refused is to arrive first again once it is tried again.
            _ = try await ledger.retryNotices(NoticeQuery(job: jobID(2)), entry("retry"))
            let again = try await takes(ledger, at: 50).map(\.notice)
            #expect(again.contains(notice(2, .received)) && !again.contains(notice(2)))
        }
    }

    /// Two workers with a connection each.
    @Test(arguments: LedgerDriver.allCases)
    func `of several workers each takes other notices`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledgers = [try await openLedger(at: url, log: .silent), try await openLedger(at: url, log: .silent)]
            try await write(1...60, to: ledgers[0])
            let taken = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for number in 0..<20 {
                    let ledger = ledgers[number % 2]
                    group.addTask { try await takes(ledger, limit: 3).map(\.number) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // Rows that another worker has locked are passed over, so that one may get fewer.
            let rest = try await takes(ledgers[0], limit: 60).map(\.number)
            #expect(Set(taken + rest).count == 60 && taken.count + rest.count == 60)
            for ledger in ledgers { await ledger.close() }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `operators retry and discard, and what was sent long ago is pruned`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await write(1...3, to: ledger)
            try await write(4...4, to: ledger, for: Self.topic)
            let taken = try await takes(ledger)
            for record in taken {
                let result: NoticeResult =
                    record.notice.job == jobID(1) ? .sent : .failed("no luck", until: at(40))
                #expect(try await ledger.settleNotice(record.ticket, result, at: at(2)))
            }
            // Pending ones of a destination become due.
            let pending = NoticeQuery(destination: Self.queue, isPending: true)
            #expect(try await ledger.retryNotices(pending, entry("retry")) == 2)
            #expect(try await takes(ledger, at: 50).map(\.notice.job) == [jobID(2), jobID(3)])
            // One that was sent is sent again if it is named.
            let named = NoticeQuery(numbers: [taken[0].number, 999])
            #expect(try await ledger.retryNotices(named, entry("retry")) == 1)
            #expect(try await takes(ledger, at: 50).map(\.notice.job) == [jobID(1)])
            #expect(try await ledger.discardNotices(NoticeQuery(job: jobID(4)), entry("discard")) == 1)
            #expect(try await ledger.discardNotices(NoticeQuery(job: jobID(4)), entry("discard")) == 0)
            #expect(try await ledger.notices(NoticeQuery()).count == 3)
            #expect(
                try await ledger.auditTrail(of: nil, limit: 9).map(\.action) == [
                    "discard", "discard", "retry", "retry",
                ])

            let again = try #require(try await takes(ledger, at: 60).first { $0.notice.job == jobID(1) })
            #expect(try await ledger.settleNotice(again.ticket, .sent, at: at(60)))
            #expect(try await ledger.pruneNotices(sentBefore: at(60), limit: 9) == 0)
            #expect(try await ledger.pruneNotices(sentBefore: at(61), limit: 9) == 1)
            #expect(try await ledger.notices(NoticeQuery(limit: 1)).map(\.notice.job) == [jobID(3)])
            let last = try await ledger.notices(NoticeQuery(limit: 1))[0].number
            #expect(try await ledger.notices(NoticeQuery(before: last)).map(\.notice.job) == [jobID(2)])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `pruning jobs removes notices that were sent, and no pending one`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await write(1...2, to: ledger)
            let first = try await takes(ledger, limit: 1)
            #expect(try await ledger.settleNotice(first[0].ticket, .sent, at: at(2)))
            for (isDryRun, left) in [(true, 2), (false, 1)] {
                let scope = PruneScope(before: at(3), keepsQuarantined: false, isDryRun: isDryRun)
                let batch = try await ledger.prune(scope, from: nil)
                #expect(batch.jobs == 2 && batch.notices == 1)
                #expect(try await ledger.notices(NoticeQuery()).count == left)
            }
            #expect(try await ledger.notices(NoticeQuery()).map(\.notice.job) == [jobID(2)])
        }
    }

    private func write(_ numbers: ClosedRange<Int>, to ledger: any Ledger, for destination: String = queue) async throws
    {
        for number in numbers {
            let token = try await ledger.take(job(number))
            let notice = notice(number, to: destination)
            #expect(try await ledger.finish(token, with: .gone, at: at(0), notices: [notice]))
        }
    }
}
