import Domain
import Ledger
import Testing

@testable import Ledger

/// The contract of `charge` and `recordCopy`, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct QuotaContractTests {
    /// - Parameter minute: when the object was uploaded, counted from 08:00 UTC.
    private func charge(
        _ subject: String = "ana", pipeline: String = "uploads", at minute: Int64 = 0, bytes: Int64 = 10,
        objects: Int64? = 2, size: Int64? = nil
    ) -> QuotaCharge {
        QuotaCharge(
            pipeline: pipeline, subject: subject, time: at(minute), bytes: bytes, objectsPerHour: objects,
            bytesPerDay: size)
    }

    @Test(arguments: LedgerDriver.allCases)
    func `objects beyond an hour's quota are not counted`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for (number, expected) in [(1, QuotaAnswer.within), (2, .within), (3, .beyondObjects(used: 2))] {
                let claim = try await ledger.take(job(number))
                #expect(try await ledger.charge(charge(at: 59), for: claim) == expected)
            }
            // Another uploader, another pipeline, another hour.
            let others = [charge("bob"), charge(pipeline: "images"), charge(at: 60), charge(at: -1), charge("")]
            for (number, other) in others.enumerated() {
                let claim = try await ledger.take(job(10 + number))
                #expect(try await ledger.charge(other, for: claim) == .within)
            }
            // One that was refused has left room for nobody, and taken none.
            let raised = charge(at: 59, objects: 3)
            let third = try await ledger.take(job(3), by: "beta", at: 20)
            #expect(try await ledger.charge(raised, for: third) == .within)
        }
    }

    private func expect(
        _ expected: QuotaAnswer, _ ledger: any Ledger, _ number: Int, _ bytes: Int64, at minute: Int64,
        objects: Int64? = nil
    ) async throws {
        let claim = try await ledger.take(job(number))
        let charge = charge(at: minute, bytes: bytes, objects: objects, size: 100)
        let answer = try await ledger.charge(charge, for: claim)
        #expect(answer == expected, "job \(number)")
    }

    @Test(arguments: LedgerDriver.allCases)
    func `bytes are counted by the day`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await expect(.within, ledger, 1, 60, at: 0)
            try await expect(.beyondBytes(used: 60), ledger, 2, 41, at: 959)
            try await expect(.within, ledger, 3, 40, at: 959)
            try await expect(.beyondBytes(used: 100), ledger, 4, 1, at: 0)
            try await expect(.within, ledger, 5, 100, at: 960)
            try await expect(.beyondBytes(used: 0), ledger, 6, 101, at: 2400)
            try await expect(.beyondBytes(used: 100), ledger, 7, .max, at: 960)
            // What one of the two limits refuses is not counted by the other.
            try await expect(.beyondBytes(used: 100), ledger, 8, 1, at: 0, objects: 1)
            try await expect(.within, ledger, 9, 1, at: 2400, objects: 1)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a job is counted once whatever its attempts`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let first = try await ledger.take(job(1))
            for _ in 1...3 { #expect(try await ledger.charge(charge(objects: 1), for: first) == .within) }
            try await ledger.release(first, error: "no luck", strands: false, at: at(1))
            await #expect { try await ledger.charge(charge(objects: 1), for: first) } throws: {
                ($0 as? LedgerError)?.code == .claimLost
            }
            let second = try await ledger.take(job(1), by: "beta", at: 2)
            #expect(try await ledger.charge(charge(objects: 1), for: second) == .within)
            // Reopened, it is still the same upload.
            #expect(try await ledger.finish(second, with: .gone, at: at(3)))
            let entry = AuditEntry(at: at(4), actor: "mara", action: "replay", subject: "s", job: jobID(1), reason: "r")
            _ = try await ledger.reopen(jobID(1), keepingJudgement: false, entry)
            let third = try await ledger.take(job(1), at: 5)
            #expect(try await ledger.charge(charge(objects: 1), for: third) == .within)
            let other = try await ledger.take(job(2), at: 6)
            #expect(try await ledger.charge(charge(objects: 1), for: other) == .beyondObjects(used: 1))
        }
    }

    /// Two workers with a connection each, and one quota.
    @Test(arguments: LedgerDriver.allCases)
    func `a fleet counts exactly`(_ driver: LedgerDriver) async throws {
        try await driver.withStore { url in
            let ledgers = [try await openLedger(at: url, log: .silent), try await openLedger(at: url, log: .silent)]
            let answers = try await withThrowingTaskGroup(of: QuotaAnswer.self) { group in
                for number in 1...60 {
                    let ledger = ledgers[number % 2]
                    let charge = charge(bytes: 10, objects: 25, size: 1000)
                    group.addTask {
                        let claim = try await ledger.take(job(number), by: "worker \(number % 2)")
                        return try await ledger.charge(charge, for: claim)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == .within } == 25)
            #expect(answers.count { $0 == .beyondObjects(used: 25) } == 35)
            for ledger in ledgers { await ledger.close() }
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `pruning removes counters of periods that are over`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for (number, minute) in [(1, Int64(0)), (2, 60)] {
                let claim = try await ledger.take(job(number))
                _ = try await ledger.charge(charge(at: minute, bytes: 10, objects: 1, size: 20), for: claim)
            }
            let scope = PruneScope(before: at(60), keepsQuarantined: true, isDryRun: false)
            _ = try await ledger.prune(scope, from: nil)
            let claim = try await ledger.take(job(3))
            // The first hour is over and the second is not; the day still has the bytes of both.
            #expect(try await ledger.charge(charge(at: 60, objects: 1), for: claim) == .beyondObjects(used: 1))
            #expect(
                try await ledger.charge(charge(at: 0, bytes: 1, objects: 1, size: 20), for: claim)
                    == .beyondBytes(used: 20))
            #expect(try await ledger.charge(charge(at: 0, bytes: 1, objects: 1), for: claim) == .within)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a copy is on record until the job ends or is judged again`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            let copy = Destination(ObjectLocation(bucket: "media", key: ObjectKey("a/é\u{301}")!), versionID: "w1")
            let basis = JudgementBasis(rules: "r", destination: copy.location)
            let claim = try await ledger.take(job(1))
            try await ledger.record(clean, for: claim, under: basis, at: at(0))
            try await ledger.recordCopy(copy, for: claim)
            #expect(try await ledger.job(jobID(1))?.copiedTo == copy)
            #expect(try await ledger.job(jobID(1))?.destination == nil)
            // A note to the judgement keeps it, a new judgement does not.
            try await ledger.record(clean, for: claim, at: at(1))
            #expect(try await ledger.job(jobID(1))?.copiedTo == copy)
            try await ledger.record(clean, for: claim, under: basis, at: at(1))
            #expect(try await ledger.job(jobID(1))?.copiedTo == nil)
            let unversioned = Destination(copy.location)
            try await ledger.recordCopy(unversioned, for: claim)
            try await ledger.release(claim, error: "no luck", strands: false, at: at(2))
            #expect(try await ledger.job(jobID(1))?.copiedTo == unversioned)
            await #expect { try await ledger.recordCopy(copy, for: claim) } throws: {
                ($0 as? LedgerError)?.code == .claimLost
            }
            let last = try await ledger.take(job(1), at: 3)
            #expect(try await ledger.finish(last, with: .gone, at: at(4)))
            #expect(try await ledger.job(jobID(1))?.copiedTo == nil)
            #expect(try await ledger.job(jobID(1))?.destination == nil)
        }
    }
}
