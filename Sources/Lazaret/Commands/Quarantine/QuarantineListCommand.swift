internal import Domain
internal import Ledger
internal import Support

/// `lazaret quarantine list`: quarantined objects and where their review stands.
enum QuarantineListCommand {
    static let command = Command(
        words: ["quarantine", "list"],
        abstract: "Lists quarantined objects, newest first; without --state those that are pending or held.",
        operands: nil,
        flags: [.ledger, .json, Flag("csv", "print comma-separated values, with texts that no spreadsheet runs")]
            + QuarantineFilters.listing + [Flag("limit", "N", "list at most this many objects", fallback: "100")]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...1_000_000)!
        let query = try QuarantineFilters.query(
            arguments, states: try QuarantineFilters.states(arguments), limit: limit, hasReason: true)
        let (isJSON, isCSV) = (arguments.isSet("json"), arguments.isSet("csv"))
        if isJSON, isCSV { throw CommandFailure(.usage, "--json and --csv can't be combined") }
        let ledger = try await openExistingLedger(arguments)
        var table = Table("JOB", "AGE", "STATE", "VERDICT", "FINDING", "TYPE", "SIZE", "UPLOADER", "KEY")
        let now = Timestamp.now()
        if isCSV { StandardOutput.write(CSVRow(QuarantineLine.headings).bytes) }
        let count = try await readLedger { () async throws(LedgerError) in
            try await ledger.eachPage(of: query) { page in
                for record in page {
                    if isJSON {
                        outputJSON(record.write)
                    } else if isCSV {
                        StandardOutput.write(QuarantineLine(record, now: now).csv.bytes)
                    } else {
                        QuarantineLine(record, now: now).add(to: &table)
                    }
                }
                if !isJSON, !isCSV { output(table.takeText()) }
            }
        }
        await ledger.close()
        if count == 0, !isJSON { printNotice("no objects match") }
        if count == limit { printNotice("only the newest \(limit) are listed; --limit N lists more") }
    }
}

/// One quarantined object in a list.
struct QuarantineLine {
    static let headings = [
        "job", "quarantined", "state", "verdict", "finding", "type", "size", "uploader", "key", "bucket", "sha256",
        "pipeline",
    ]

    let record: JobRecord
    let now: Timestamp

    init(_ record: JobRecord, now: Timestamp) {
        self.record = record
        self.now = now
    }

    private var evidence: Evidence? { record.judgement?.evidence }
    private var type: String? { evidence?.detectedType ?? evidence?.declaredType }
    private var finding: String? { record.judgement?.findings.first { $0.kind != .note }?.name }
    private var quarantinedAt: Timestamp { record.finishedAt ?? record.firstReceivedAt }

    func add(to table: inout Table) {
        table.add(
            record.job.id.text, SignatureAges.text(now.duration(since: quarantinedAt)), record.review?.rawValue ?? "-",
            record.judgement?.verdict.rawValue ?? "-", finding ?? "-", type ?? "-",
            record.job.event.size.map(humanBytes) ?? "-", record.job.event.uploader.principal ?? "-",
            record.location.description)
    }

    var csv: CSVRow {
        let cells = [
            record.job.id.text, quarantinedAt.description, record.review?.rawValue, record.judgement?.verdict.rawValue,
            finding, type, record.job.event.size.map { "\($0)" }, record.job.event.uploader.principal,
            record.job.object.key.text, record.job.object.bucket, evidence?.sha256, record.pipeline,
        ]
        return CSVRow(cells.map { $0 ?? "" })
    }
}
