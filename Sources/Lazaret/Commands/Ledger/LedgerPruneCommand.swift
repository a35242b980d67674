internal import Domain
internal import Ledger
internal import Support

/// `lazaret ledger prune`: removes old jobs that have ended.
enum LedgerPruneCommand {
    /// A message lives up to 14 days in a queue and as long in a dead-letter queue. Until then its job must be known:
    /// it says that the work is done, and which upload of a key is the later one.
    static let leastAge = Duration.seconds(28 * 86_400)

    static let command = Command(
        words: ["ledger", "prune"],
        abstract:
            "Removes jobs that ended long ago, with their attempts, and notices that were sent before. Open jobs and the audit trail stay.",
        operands: nil,
        flags: [
            .ledger, Flag("before", "T", "jobs that ended before 2026-05-21, or longer ago than 180d; at least 28d"),
            Flag("quarantined-too", "also those whose objects were quarantined"),
            Flag("dry-run", "print what would be removed, and change nothing"), .actor,
            Flag("note", "TEXT", "why, for the audit trail"),
        ]
    ) { arguments in
        let now = Timestamp.now()
        _ = try arguments.required("before")
        guard let before = try arguments.time("before", now: now), now.duration(since: before) >= leastAge else {
            throw CommandFailure(
                .usage,
                "\(arguments.origin(of: "before")) must be at least 28 days ago: until then SQS may still deliver messages of the jobs"
            )
        }
        let scope = PruneScope(
            before: before, keepsQuarantined: !arguments.isSet("quarantined-too"),
            isDryRun: arguments.isSet("dry-run"))
        let ledger = try await openExistingLedger(arguments)
        let (work, signals) = StopSignals.cancelling { try await prune(scope, arguments, ledger, now: now) }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        try result.get()
    }

    private static func prune(
        _ scope: PruneScope, _ arguments: Arguments, _ ledger: any Ledger, now: Timestamp
    ) async throws {
        if !scope.isDryRun {
            let kept = scope.keepsQuarantined ? ", but not of quarantined objects" : ""
            let note = arguments.text("note").map { ": \($0)" } ?? ""
            let entry = AuditEntry(
                at: now, actor: arguments.text("actor") ?? actorName(), action: "prune", subject: "ledger",
                reason: "jobs that ended before \(scope.before)\(kept)\(note)")
            try await readLedger { () async throws(LedgerError) in try await ledger.audit(entry) }
        }
        var (jobs, unreadable, notices) = (0, 0, 0)
        var position: PrunePosition?
        repeat {
            let from = position
            let batch = try await readLedger { () async throws(LedgerError) in
                try await ledger.prune(scope, from: from)
            }
            jobs += batch.jobs
            unreadable += batch.unreadable
            notices += batch.notices
            position = batch.next
        } while position != nil && !Task.isCancelled
        let verb = scope.isDryRun ? "would be removed" : "removed"
        printNotice("\(jobs) jobs, \(unreadable) unreadable messages and \(notices) sent notices \(verb)")
        if position != nil { throw CommandFailure(.interrupted, "stopped before the end; run it again for the rest") }
    }
}
