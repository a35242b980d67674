import Domain
import Ledger
import Testing

@testable import Ledger

/// Further inspections, by which a recheck of many objects makes progress.
@Suite(.timeLimit(.minutes(1)))
struct InspectionContractTests {
    private func set(_ version: Int64, built minute: Int64) -> [SignatureDatabase] {
        [SignatureDatabase(name: "daily.cvd", version: version, built: at(minute))]
    }

    @Test(arguments: LedgerDriver.allCases)
    func `objects that came to review can be left out of a search`(_ driver: LedgerDriver) async throws {
        try await driver.withLedger { ledger in
            for number in 1...2 { try await ledger.settle(job(number)) }
            let target = ObjectLocation(bucket: "jail", key: ObjectKey("1")!)
            let token = try ledger.token(try await ledger.begin(.recall, of: 1, to: target))
            var query = JobQuery(disposition: .promoted)
            query.hasNoReview = true
            // A recall that was begun has still to be finished.
            #expect(try await ledger.jobs(query).map(\.job.id) == [jobID(2), jobID(1)])
            _ = try await ledger.changeReview(
                of: jobID(1), .finish(token, place: Destination(target), falsePositives: []), act("recall", on: 1))
            #expect(try await ledger.jobs(query).map(\.job.id) == [jobID(2)])
        }
    }

    @Test(arguments: LedgerDriver.allCases)
    func `objects that were inspected again are left out, as long as their signatures are not old or serve`(
        _ driver: LedgerDriver
    ) async throws {
        try await driver.withLedger { ledger in
            for number in 1...5 {
                try await ledger.settle(job(number), .settled(cleanWithEvidence(), .kept, nil), at: Int64(number))
            }
            // 27,000 in `demoSet`.
            try await ledger.noteInspection(of: jobID(2), with: set(26_000, built: -90), at: at(9))
            try await ledger.noteInspection(of: jobID(3), with: set(27_100, built: 0), at: at(9))
            try await ledger.noteInspection(of: jobID(4), with: set(27_200, built: 5), at: at(9))
            func found(_ cutoff: SignatureCutoff, _ serving: [SignatureDatabase]?, limit: Int = 9) async throws -> [Int]
            {
                var query = JobQuery(signaturesBefore: cutoff, limit: limit)
                query.servingSignatures = serving
                return try await ledger.jobs(query).map { Int($0.job.id.text, radix: 16)! }
            }
            let all = SignatureCutoff.version(database: "daily", 99_999)
            #expect(try await found(all, nil) == [5, 4, 3, 2, 1])
            #expect(try await found(all, []) == [5, 4, 3, 2, 1])
            // Whatever the cutoff: what those that serve have inspected is not inspected by them again.
            #expect(try await found(all, set(27_200, built: 5)) == [5, 3, 2, 1])
            #expect(try await found(all, set(27_200, built: 5), limit: 2) == [5, 3])
            #expect(try await found(all, demoSet) == [5, 4, 3, 2, 1])
            #expect(try await found(.version(database: "daily", 27_100), set(27_200, built: 5)) == [5, 2, 1])
            #expect(try await found(.built(at(3)), []) == [5, 3, 2, 1])
            #expect(try await found(.version(database: "daily", 27_000), []) == [])

            // A later inspection takes the place of an earlier one; an unknown job has none.
            try await ledger.noteInspection(of: jobID(2), with: set(27_200, built: 5), at: at(10))
            try await ledger.noteInspection(of: jobID(77), with: set(27_200, built: 5), at: at(10))
            try await ledger.noteInspection(of: jobID(1), with: [], at: at(10))
            #expect(try await found(all, set(27_200, built: 5)) == [5, 3, 1])
            // It is pruned with its job, and is no part of the chain.
            #expect(try await ledger.chainFindings() == [])
            let scope = PruneScope(before: at(20), keepsQuarantined: false, isDryRun: false)
            #expect(try await ledger.prune(scope, from: nil).jobs == 5)
        }
    }
}
