internal import Domain
internal import Glibc
internal import Ledger
internal import Support

/// `lazaret jobs list`: jobs and their outcomes.
enum JobsListCommand {
    static let command = Command(
        words: ["jobs", "list"], abstract: "Lists jobs and their outcomes, newest first.", operands: nil,
        flags: [.ledger, .json] + JobFilters.flags + [
            Flag("limit", "N", "list at most this many jobs", fallback: "100")
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...1_000_000)!
        let query = try JobFilters.query(arguments, limit: limit)
        let ledger = try await openExistingLedger(arguments)
        let isJSON = arguments.isSet("json")
        // Only open jobs have a worker.
        let isOpen = query.openOnly || query.strandedOnly
        var table =
            isOpen
            ? Table("JOB", "RECEIVED", "AGE", "OUTCOME", "WORKER", "VERDICT", "OBJECT")
            : Table("JOB", "RECEIVED", "OUTCOME", "VERDICT", "FINDING", "DISPOSITION", "OBJECT")
        let now = Timestamp.now()
        let count = try await readLedger { () async throws(LedgerError) in
            try await ledger.eachPage(of: query) { page in
                if isJSON {
                    for record in page { outputJSON(record.write) }
                } else {
                    for record in page {
                        if isOpen { addOpen(record, to: &table, now: now) } else { add(record, to: &table) }
                    }
                    output(table.takeText())
                }
            }
        }
        await ledger.close()
        if count == 0, !isJSON { printNotice("no jobs match") }
        if count == limit { printNotice("only the newest \(limit) are listed; --limit N lists more") }
    }

    /// The worker is the one that holds the job now.
    private static func addOpen(_ record: JobRecord, to table: inout Table, now: Timestamp) {
        let holder = record.heldUntil.map { $0 > now } == true ? record.heldBy : nil
        table.add(
            record.job.id.text, record.firstReceivedAt.description,
            SignatureAges.text(now.duration(since: record.firstReceivedAt)), record.status, holder ?? "-",
            record.judgement?.verdict.rawValue ?? "-",
            record.location.description)
    }

    private static func add(_ record: JobRecord, to table: inout Table) {
        let finding = record.judgement?.findings.first { $0.kind != .note }
        table.add(
            record.job.id.text, record.firstReceivedAt.description, record.status,
            record.judgement?.verdict.rawValue ?? "-", finding?.name ?? "-",
            record.disposition?.rawValue ?? "-", record.location.description)
    }
}
