internal import Domain
internal import Ledger
internal import Support
internal import Worker

/// `lazaret quarantine delete` and `purge`: delete what is pending, never what is held.
enum QuarantineDeleteCommand {
    static let delete = Command(
        words: ["quarantine", "delete"], abstract: "Deletes quarantined objects; those that are held stay.",
        operands: "[JOB...]", flags: [.pipelines, .spool] + QuarantineFilters.acting
    ) { try await run($0, "delete", olderThan: nil) }

    static let purge = Command(
        words: ["quarantine", "purge"],
        abstract: "Deletes objects that have been in quarantine for some time; those that are held stay.",
        operands: nil,
        flags: [
            .pipelines, .spool,
            Flag("older-than", "AGE", "only objects that were quarantined longer ago than this: 24h, 30d"),
        ] + QuarantineFilters.acting
    ) { arguments in try await run(arguments, "purge", olderThan: try arguments.age("older-than")) }

    private static func run(_ arguments: Arguments, _ verb: String, olderThan age: Duration?) async throws {
        let request = try arguments.reviewRequest()
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let latest = age.map { Timestamp.now().advanced(by: .zero - $0) }
        let records = try await QuarantineFilters.jobs(arguments, states: [.pending], ledger) { record in
            latest.map { (record.finishedAt ?? record.firstReceivedAt) < $0 } ?? true
        }
        let bytes = records.reduce(Int64(0)) { $0 + ($1.job.event.size ?? 0) }
        let run = QuarantineRun(arguments: arguments, verb: verb)
        let plan = records.map { record in
            "\(record.job.id)  \(record.location)  \(record.destination?.location.description ?? "-")"
        }
        printNotice("\(records.count) objects, \(humanBytes(bytes))")
        if try run.confirm(plan) {
            let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
            try await run.run(records) { await runner.delete($0.job.id, request, isPurge: age != nil) }
        }
        await ledger.close()
    }
}

/// `lazaret quarantine recall`: takes promoted copies of bytes that are known as bad into quarantine.
enum QuarantineRecallCommand {
    static let command = Command(
        words: ["quarantine", "recall"],
        abstract: "Moves promoted and released objects of a SHA-256 that is known as bad into quarantine.",
        operands: "[JOB...]", flags: [.pipelines, .spool] + QuarantineFilters.acting
    ) { arguments in
        let request = try arguments.reviewRequest()
        if arguments.operands.isEmpty { _ = try arguments.required("sha256") }
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let records = try await QuarantineFilters.jobs(arguments, states: [], ledger) { record in
            record.review.map { $0 == .released } ?? (record.disposition == .promoted)
        }
        let run = QuarantineRun(arguments: arguments, verb: "recall")
        var plan: [String] = []
        for record in records {
            let review = try await readLedger { () async throws(LedgerError) in
                try await ledger.review(of: record.job.id)
            }
            let place = record.place(review ?? Review())?.location.description ?? "an unknown place"
            plan.append("\(record.job.id)  \(record.location)  from \(place)")
        }
        if try run.confirm(plan) {
            let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
            try await run.run(records) { await runner.recall($0.job.id, request) }
        }
        await ledger.close()
    }
}
