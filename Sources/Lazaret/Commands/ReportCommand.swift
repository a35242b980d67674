internal import Domain
internal import Ledger
internal import Reporting
internal import Support

/// `lazaret report`: what arrived in a period, how it was judged and what was done.
enum ReportCommand {
    static let command = Command(
        words: ["report"],
        abstract: "Reports on the uploads of a period: as a page, as a table, or as findings for a SIEM.",
        operands: nil,
        flags: [
            .ledger,
            Flag(
                "since", "T", "uploads received since 2026-11-01, 2026-11-01T08:00:00Z, or in the last 24h, 7d",
                fallback: "30d"),
            Flag("until", "T", "uploads received before this time (default: now)"),
            Flag(
                "format", "F",
                "html: one page with figures; json: the figures; csv: a row per job; ocsf: a Detection Finding per job that is not clean",
                fallback: "html", choices: Format.allCases.map(\.rawValue)),
            Flag("output", "FILE", "write to this file, once it is complete (default: standard output)"),
        ]
    ) { arguments in
        let format = try arguments.choice("format", of: Format.self)!
        let period = try period(arguments, now: .now())
        let ledger = try await openExistingLedger(arguments)
        let (work, signals) = StopSignals.cancelling {
            let file = try arguments.text("output").map { try OutputFile($0) }
            try await write(format, period, from: ledger) { file?.write($0) ?? StandardOutput.write($0) }
            try file?.commit()
        }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        if case .failure(is CancellationError) = result {
            // A table on standard output has begun, perhaps.
            let rest = arguments.text("output") == nil ? "" : "; no report was written"
            throw CommandFailure(.interrupted, "stopped before the end" + rest)
        }
        try result.get()
    }

    private enum Format: String, CaseIterable {
        case html, csv, json, ocsf
    }

    static func period(_ arguments: Arguments, now: Timestamp) throws -> ReportPeriod {
        let since = try arguments.time("since", now: now)!
        let until = try arguments.time("until", now: now) ?? now
        guard let period = ReportPeriod(since: since, until: until) else {
            throw CommandFailure(
                .usage,
                "\(arguments.origin(of: "since")) \(since) must be earlier than \(arguments.origin(of: "until")) \(until)"
            )
        }
        return period
    }

    /// - Parameter write: is called with the report's parts, in order.
    /// - Throws: `CancellationError` if the task is cancelled.
    private static func write(
        _ format: Format, _ period: ReportPeriod, from ledger: any Ledger, to write: ([UInt8]) -> Void
    ) async throws {
        let query = JobQuery(since: period.since, until: period.until, limit: .max)
        let head = try await readLedger { () async throws(LedgerError) in try await ledger.chainHead() }
        var report = Report(period: period, head: head)
        if format == .csv { write(JobRecord.csvHeadings.bytes) }
        _ = try await readLedger { () async throws(LedgerError) in
            try await ledger.eachPage(of: query, until: { Task.isCancelled }) { page in
                switch format {
                case .html, .json: for record in page { report.add(record) }
                case .csv: for record in page { write(record.csvRow.bytes) }
                case .ocsf:
                    for record in page {
                        if let line = record.ocsfLine(version: Lazaret.version) { write(line + [0x0A]) }
                    }
                }
            }
        }
        try Task.checkCancellation()
        guard format == .html || format == .json else { return }
        let trail = try await readLedger { () async throws(LedgerError) in
            try await ledger.auditTrail(of: nil, limit: maximumActions)
        }
        for entry in trail { report.add(entry) }
        try Task.checkCancellation()
        switch format {
        case .json: write(report.json + [0x0A])
        default: write(ReportPage(report, version: Lazaret.version).html.document)
        }
    }

    /// The latest entries of the audit trail that are looked through.
    private static let maximumActions = 100_000
}
