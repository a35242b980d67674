import Domain
import Ledger
import Testing

@testable import Ledger

let cell = Destination(ObjectLocation(bucket: "jail", key: ObjectKey("infected/1\u{0}é")!), versionID: "q1")
let quarantine = Outcome.settled(infected, .quarantined, cell)

func act(_ action: String, _ actor: String = "mara", at minute: Int64 = 5, on number: Int = 1) -> AuditEntry {
    AuditEntry(
        at: at(minute), actor: actor, action: action, subject: "s3://jail/x", job: jobID(number),
        reason: "why \u{1b}[1m")
}

extension Ledger {
    func begin(
        _ kind: ReviewWork.Kind, of number: Int = 1, to target: ObjectLocation? = nil, needsApproval: Bool = false,
        by actor: String = "mara", worker: String = "one", at minute: Int64 = 5
    ) async throws -> ReviewResult {
        let change = ReviewChange.begin(
            kind, target: target, needsApproval: needsApproval, worker: worker, until: at(minute + 2),
            rememberedUntil: at(worker == "one" ? 90 : 99))
        return try await changeReview(of: jobID(number), change, act(kind.rawValue, actor, at: minute, on: number))
    }

    func token(_ result: ReviewResult) throws -> ReviewToken {
        guard case .begun(let token, _, _) = result else { throw NotGranted(claim: nil) }
        return token
    }
}

/// The contract of reviews, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ReviewContractTests {
    static let target = ObjectLocation(bucket: "media", key: ObjectKey("permanent/1.png")!)

    @Test(arguments: LedgerDriver.allCases)
    func `only a quarantined object is pending, with its outcome`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            try await ledger.settle(job(2), promotion)
            try await ledger.settle(job(3), .failed(reason: "denied", infected))
            #expect(try await ledger.review(of: jobID(1)) == Review(state: .pending))
            #expect(try await ledger.review(of: jobID(2)) == Review())
            #expect(try await ledger.review(of: jobID(3)) == Review())
            #expect(try await ledger.review(of: jobID(4)) == nil)
            var query = JobQuery()
            query.reviews = [.pending]
            #expect(try await ledger.jobs(query).map(\.job.id) == [jobID(1)])
            #expect(try await ledger.job(jobID(1))?.review == .pending)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `what waits for a person is counted`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            #expect(try await ledger.reviewSummary() == ReviewSummary())
            for number in 1...4 { try await ledger.settle(job(number), quarantine, at: Int64(number)) }
            try await ledger.settle(job(9), promotion, at: 0)
            _ = try await ledger.changeReview(of: jobID(1), .hold, act("hold"))
            let token = try ledger.token(try await ledger.begin(.delete, of: 2))
            _ = try await ledger.changeReview(
                of: jobID(2), .finish(token, place: nil, falsePositives: []), act("delete-done", on: 2))
            #expect(try await ledger.reviewSummary() == ReviewSummary(pending: 2, held: 1, oldestPending: at(3)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `each change of a state is on record with its actor, and in the audit trail`(_ driver: LedgerDriver)
        async throws
    {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            var expected = Review(state: .held)
            expected.change = ReviewEntry(actor: "mara", at: at(5), reason: "why \u{1b}[1m")
            #expect(try await ledger.changeReview(of: jobID(1), .hold, act("hold")) == .changed(expected))
            #expect(try await ledger.review(of: jobID(1)) == expected)
            let again = try await ledger.changeReview(of: jobID(1), .hold, act("hold", "lee"))
            #expect(again == .refused(.isInState(.held, expected.change)))
            // What is held is neither released nor deleted.
            for kind in [ReviewWork.Kind.release, .delete, .expire, .recall] {
                #expect(try await ledger.begin(kind, to: nil) == .refused(.isInState(.held, expected.change)))
            }
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9) == [act("hold")])
            _ = try await ledger.changeReview(of: jobID(1), .unhold, act("unhold", at: 6))
            #expect(try await ledger.review(of: jobID(1))?.state == .pending)
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 9).map(\.action) == ["unhold", "hold"])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `of two reviewers at once one gets the object`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            let results = try await withThrowingTaskGroup(of: ReviewResult.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try await ledger.begin(
                            index % 2 == 0 ? .release : .delete, to: Self.target, by: "r\(index)", worker: "w\(index)")
                    }
                }
                var all: [ReviewResult] = []
                for try await result in group { all.append(result) }
                return all
            }
            let begun = results.filter { if case .begun = $0 { true } else { false } }
            #expect(begun.count == 1)
            #expect(try await ledger.auditTrail(of: jobID(1), limit: 99).count == 1)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a work that was interrupted is taken over with its target, and the first token is lost`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            let first = try ledger.token(try await ledger.begin(.release, to: Self.target))
            let other = ObjectLocation(bucket: "media", key: ObjectKey("other")!)
            guard case .refused(.isBusy(let work)) = try await ledger.begin(.release, to: other, worker: "two", at: 6)
            else { throw NotGranted(claim: nil) }
            #expect(work.worker == "one" && work.target == Self.target)
            #expect(try await ledger.interruptedReviews(at: at(6), limit: 9) == [])
            #expect(
                try await ledger.changeReview(of: jobID(1), .renew(first, until: at(9)), act("renew"))
                    != .refused(.isLost))
            #expect(try await ledger.interruptedReviews(at: at(8), limit: 9) == [])
            #expect(try await ledger.interruptedReviews(at: at(9), limit: 9) == [jobID(1)])
            // Only the same work goes on.
            guard case .refused(.isBusy) = try await ledger.begin(.delete, worker: "two", at: 9) else {
                throw NotGranted(claim: nil)
            }
            let resumed = try await ledger.begin(.release, to: other, by: "lee", worker: "two", at: 9)
            let second = try ledger.token(resumed)
            guard case .begun(_, let work, true) = resumed else { throw NotGranted(claim: nil) }
            #expect(work.target == Self.target && work.request.actor == "mara" && work.rememberedUntil == at(90))
            let place = Destination(Self.target, versionID: "m1")
            let late = try await ledger.changeReview(
                of: jobID(1), .finish(first, place: place, falsePositives: []), act("late"))
            #expect(late == .refused(.isLost))
            _ = try await ledger.changeReview(
                of: jobID(1), .finish(second, place: place, falsePositives: []), act("done", at: 10))
            let review = try #require(try await ledger.review(of: jobID(1)))
            #expect(review.state == .released && review.place == place && review.work == nil)
            // Who asked for it, not who finished it.
            #expect(review.change?.actor == "mara")
            #expect(
                try await ledger.auditTrail(of: jobID(1), limit: 9).map(\.action) == ["done", "release", "release"])
            #expect(try await ledger.interruptedReviews(at: at(99), limit: 9) == [])
            // A promoted or released object can be recalled, and is pending again.
            let recall = try ledger.token(try await ledger.begin(.recall, to: cell.location, at: 20))
            _ = try await ledger.changeReview(
                of: jobID(1), .finish(recall, place: cell, falsePositives: []), act("done", at: 20))
            #expect(try await ledger.job(jobID(1))?.review == .pending)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `four eyes are those of two people`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            func release(_ actor: String) async throws -> ReviewResult {
                try await ledger.begin(.release, to: Self.target, needsApproval: true, by: actor)
            }
            #expect(try await release("mara") == .refused(.lacksApproval))
            _ = try await ledger.changeReview(of: jobID(1), .approve, act("approve", "mara"))
            #expect(try await release("mara") == .refused(.isApprovedByActor("mara")))
            let token = try ledger.token(try await release("lee"))
            _ = try await ledger.changeReview(of: jobID(1), .abandon(token), act("abandon", "lee"))
            #expect(try await ledger.review(of: jobID(1))?.work == nil)
            #expect(try await ledger.review(of: jobID(1))?.state == .pending)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `an open job and one that was never in quarantine are left alone`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            _ = try await ledger.take(job(1))
            try await ledger.settle(job(2), promotion)
            #expect(try await ledger.begin(.release, of: 1, to: Self.target) == .refused(.isOpen))
            #expect(try await ledger.begin(.release, of: 2, to: Self.target) == .refused(.notQuarantined))
            #expect(try await ledger.begin(.release, of: 3, to: Self.target) == .refused(.unknownJob))
            #expect(try await ledger.changeReview(of: jobID(2), .hold, act("hold", on: 2)) == .refused(.notQuarantined))
            let recall = try await ledger.begin(.recall, of: 2, to: cell.location)
            #expect(throws: Never.self) { try ledger.token(recall) }
            #expect(try await ledger.auditTrail(of: nil, limit: 9).count == 1)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `notes are one thread, and stay with their job until it is pruned`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            for (minute, actor) in [(6, "mara"), (7, "lee")] as [(Int64, String)] {
                #expect(try await ledger.addNote(to: jobID(1), act("note", actor, at: minute)))
            }
            #expect(try await ledger.addNote(to: jobID(9), act("note", on: 9)) == false)
            #expect(try await ledger.review(of: jobID(1))?.notes.map(\.actor) == ["mara", "lee"])
            let scope = PruneScope(before: at(100), keepsQuarantined: true, isDryRun: false)
            #expect(try await ledger.prune(scope, from: nil).jobs == 0)
            let token = try ledger.token(try await ledger.begin(.expire))
            _ = try await ledger.changeReview(
                of: jobID(1), .finish(token, place: nil, falsePositives: []), act("done"))
            #expect(try await ledger.review(of: jobID(1))?.state == .expired)
            #expect(try await ledger.prune(scope, from: nil).jobs == 1)
            #expect(try await ledger.review(of: jobID(1)) == nil)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a false positive counts until it expires or is revoked`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(job(1), quarantine)
            let hash = String(repeating: "cd", count: 32)
            let known = FalsePositive(
                sha256: hash, kind: .signature, finding: "Eicar \"x\"", pipeline: "uploads", job: jobID(1),
                added: ReviewEntry(actor: "mara", at: at(5), reason: "ours"), expiresAt: at(50))
            let token = try ledger.token(try await ledger.begin(.release, to: Self.target))
            let place = Destination(Self.target)
            _ = try await ledger.changeReview(
                of: jobID(1), .finish(token, place: place, falsePositives: [known]), act("done"))
            func active(_ minute: Int64, _ pipeline: String = "uploads") async throws -> [FalsePositive] {
                try await ledger.falsePositives(
                    FalsePositiveQuery(sha256: hash, pipeline: pipeline, activeAt: at(minute)))
            }
            let found = try #require(try await active(49).first)
            #expect(found.number > 0 && found.finding == known.finding && found.added == known.added)
            #expect(found.expiresAt == at(50) && found.job == jobID(1) && found.revoked == nil)
            #expect(try await active(50).isEmpty)
            #expect(try await active(49, "others").isEmpty)
            #expect(try await ledger.revokeFalsePositive(found.number, act("revoke", at: 8)))
            #expect(try await ledger.revokeFalsePositive(found.number, act("revoke", at: 9)) == false)
            #expect(try await active(49).isEmpty)
            let all = try await ledger.falsePositives(FalsePositiveQuery())
            #expect(all.map(\.revoked) == [ReviewEntry(actor: "mara", at: at(8), reason: "why \u{1b}[1m")])
            #expect(try await ledger.auditTrail(of: nil, limit: 9).map(\.action) == ["revoke", "done", "release"])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `jobs are found by finding, type, uploader and state`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            var event = job(1).event
            event = Event(
                object: event.object, size: 1, sequencer: "01", time: at(-1), name: "ObjectCreated:Put",
                uploader: Uploader(principal: "AWS:AIDA'1", sourceIP: "10.0.0.1", requestID: nil))
            try await ledger.settle(Job(id: jobID(1), event: event), quarantine)
            try await ledger.settle(job(2), promotion, at: 1)
            func find(_ fill: (inout JobQuery) -> Void) async throws -> [JobID] {
                var query = JobQuery()
                fill(&query)
                return try await ledger.jobs(query).map(\.job.id)
            }
            #expect(try await find { $0.finding = "Eicar-Test-Signature" } == [jobID(1)])
            #expect(try await find { $0.finding = "Eicar-Test" } == [])
            #expect(try await find { $0.type = "text/plain" } == [jobID(1)])
            #expect(try await find { $0.type = "image/*" } == [jobID(2)])
            #expect(try await find { $0.uploader = "AWS:AIDA'1" } == [jobID(1)])
            #expect(try await find { $0.uploader = "AWS:AIDA" } == [])
            #expect(try await find { $0.reviews = [.held, .pending] } == [jobID(1)])
            #expect(try await find { $0.reviews = ReviewState.allCases.filter { $0 != .pending } } == [])
            #expect(try await find { ($0.reviews, $0.finding) = ([.pending], "Eicar-Test-Signature") } == [jobID(1)])
        }
    }
}
