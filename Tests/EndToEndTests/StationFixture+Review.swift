import Domain
import Ledger
import Support
import TestKit
import Testing

extension StationFixture {
    /// Starts `lazaret quarantine` with the flags that its commands need.
    ///
    /// - Parameter words: the command, its operands and further flags.
    func startReview(_ words: [String], environment: [String: String]? = nil) throws -> Program {
        var words = ["quarantine"] + words + ["--ledger", ledger]
        if ["show", "release", "delete", "purge", "recall", "fetch", "hold", "unhold", "rescan"].contains(words[1]) {
            words += ["--pipelines", folder.path + "/pipelines"]
        }
        if ["release", "delete", "purge", "recall", "fetch", "rescan"].contains(words[1]) {
            words += ["--spool", folder.path]
        }
        if words[1] == "rescan" { words += ["--signatures", Self.signatures] }
        return try Program(
            Self.lazaret, words, environment: environment ?? stack.environment, directory: folder.path)
    }

    /// Runs `lazaret quarantine` to its end.
    func review(_ words: [String]) async throws -> Program.Exit {
        try await startReview(words).exit(within: .seconds(60))
    }

    /// Ends the claims of reviewers that were killed, as a minute would.
    ///
    /// - Parameter other: the URL of a ledger instead of the station's own.
    /// - Returns: how many works were interrupted.
    @discardableResult
    func endReviewClaims(ledger other: String? = nil) async throws -> Int {
        let ledger = try await openLedger(at: other ?? ledger, log: Log(threshold: .error), creating: false)
        let jobs = try await ledger.interruptedReviews(at: .now().advanced(by: .seconds(120)), limit: 10_000)
        for job in jobs {
            let work = try #require(try await ledger.review(of: job)?.work)
            let token = ReviewToken(job: job, number: work.number, worker: work.worker)
            let entry = AuditEntry(at: .now(), actor: "clock", action: "renew", subject: "s", reason: "")
            _ = try await ledger.changeReview(of: job, .renew(token, until: .now()), entry)
        }
        await ledger.close()
        return jobs.count
    }

    /// Runs `lazaret reconcile`.
    func reconcile(ledger other: String? = nil) async throws -> Program.Exit {
        try await Program(
            Self.lazaret,
            [
                "reconcile", "--pipelines", folder.path + "/pipelines", "--ledger", other ?? ledger, "--spool",
                folder.path,
            ], environment: stack.environment
        ).exit(within: .seconds(120))
    }
}
