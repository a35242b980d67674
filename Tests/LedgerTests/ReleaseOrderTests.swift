import Domain
import Ledger
import Testing

@testable import Ledger

/// The order of a release among the uploads of its key, for each driver.
@Suite(.timeLimit(.minutes(1)))
struct ReleaseOrderTests {
    static let target = ObjectLocation(bucket: "media", key: ObjectKey("permanent/a")!)

    /// An upload of one key; a greater number is a later one.
    private func upload(_ number: Int) -> Job {
        let object = ObjectVersion(bucket: "incoming", key: ObjectKey("a")!, versionID: "v\(number)", etag: "e")
        return Job(
            id: jobID(number),
            event: Event(
                object: object, size: 1, sequencer: "0\(number)", time: at(Int64(number)), name: "ObjectCreated:Put"))
    }

    /// Puts a clean judgement with the target on record.
    private func judge(_ number: Int, _ ledger: any Ledger) async throws -> (ClaimToken, Precedence) {
        let token = try await ledger.take(upload(number), at: 10)
        let basis = JudgementBasis(destination: Self.target)
        return (token, try await ledger.record(clean, for: token, under: basis, at: at(10)))
    }

    private func release(_ number: Int, _ ledger: any Ledger) async throws -> Precedence {
        try await ledger.precedence(of: jobID(number), movedTo: Self.target, now: at(11))
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a later clean upload, under way or promoted, overtakes a release`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(upload(5), quarantine)
            #expect(try await release(5, ledger) == .free)
            let (token, _) = try await judge(7, ledger)
            #expect(try await release(5, ledger) == .overtaken(by: jobID(7)))
            _ = try await ledger.finish(
                token, with: .settled(clean, .promoted, Destination(Self.target)), at: at(11))
            #expect(try await release(5, ledger) == .overtaken(by: jobID(7)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a release waits for an earlier upload under way`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(upload(5), quarantine)
            _ = try await judge(3, ledger)
            #expect(try await release(5, ledger) == .behind(jobID(3), until: at(20)))
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a later upload waits for a release under way, and an earlier one gives way to its result`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(upload(5), quarantine)
            let token = try ledger.token(try await ledger.begin(.release, of: 5, to: Self.target, at: 10))
            #expect(try await judge(7, ledger).1 == .behind(jobID(5), until: at(12)))
            let done = ReviewChange.finish(token, place: Destination(Self.target), falsePositives: [])
            _ = try await ledger.changeReview(of: jobID(5), done, act("done", on: 5))
            #expect(try await ledger.precedence(of: jobID(7), now: at(11)) == .free)
        }
        try await driver.withLedger { ledger in
            try await ledger.settle(upload(5), quarantine)
            let token = try ledger.token(try await ledger.begin(.release, of: 5, to: Self.target, at: 10))
            let done = ReviewChange.finish(token, place: Destination(Self.target), falsePositives: [])
            _ = try await ledger.changeReview(of: jobID(5), done, act("done", on: 5))
            #expect(try await judge(3, ledger).1 == .overtaken(by: jobID(5)))
            // A release to another place, or of another key, is no concern.
            let elsewhere = ObjectLocation(bucket: "media", key: ObjectKey("b")!)
            #expect(try await ledger.precedence(of: jobID(3), movedTo: elsewhere, now: at(11)) == .free)
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `a work whose claim expired holds nobody up`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            try await ledger.settle(upload(5), quarantine)
            _ = try await ledger.begin(.release, of: 5, to: Self.target, at: 1)
            #expect(try await judge(7, ledger).1 == .free)
        }
    }
}
