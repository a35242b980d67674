internal import Domain
internal import Ledger
internal import Support

/// `lazaret jobs show`: everything about single jobs.
enum JobsShowCommand {
    static let command = Command(
        words: ["jobs", "show"],
        abstract: "Shows jobs with their evidence, attempts, earlier outcomes and audit entries.",
        operands: "JOB...",
        flags: [.ledger, .json]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(.usage, "`lazaret jobs show` needs a job ID; `lazaret jobs list` shows them")
        }
        let ids = try arguments.jobIDs()
        let ledger = try await openExistingLedger(arguments)
        var missing: [String] = []
        for id in ids {
            guard let record = try await readLedger({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                missing.append("the ledger has no job \(id)")
                continue
            }
            let trail = try await readLedger { () async throws(LedgerError) in
                try await ledger.auditTrail(of: id, limit: 1000)
            }
            let details = JobDetails(record: record, trail: trail.reversed())
            if arguments.isSet("json") {
                outputJSON(details.write)
            } else {
                output(details.text)
            }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }
}
