internal import Domain
internal import Glibc
internal import Ledger
internal import Support

/// `lazaret jobs`: what the ledger knows.
enum JobsCommand {
    static let list = Command(
        words: ["jobs", "list"], abstract: "Lists jobs and their outcomes, newest first.", operands: nil,
        flags: [
            .ledger, .json,
            Flag("outcome", "O", "only this outcome: settled, gone, superseded, failed, unmatched; or open: not ended"),
            Flag("verdict", "V", "only this verdict: clean, infected, unscannable, rejected"),
            Flag("pipeline", "P", "only jobs of this pipeline"),
            Flag("bucket", "B", "only objects of this bucket"),
            Flag("prefix", "K", "only keys that start so"),
            Flag(
                "since", "T", "only jobs received since 2026-11-21, 2026-11-21T08:00:00Z, or in the last 30m, 24h, 7d"),
            Flag("limit", "N", "jobs to list at the most", fallback: "100"),
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...1_000_000)!
        let outcome = try arguments.choice("outcome", of: OutcomeChoice.self)
        let query = try JobQuery(
            outcome: outcome?.kind, openOnly: outcome == .open,
            verdict: arguments.choice("verdict", of: Verdict.self),
            pipeline: arguments.text("pipeline"),
            bucket: arguments.text("bucket"),
            prefix: arguments.text("prefix"),
            since: arguments.text("since").map { try moment($0) },
            limit: limit)
        let ledger = try await existingLedger(arguments)
        let records = try await reading { () async throws(LedgerError) in try await ledger.jobs(query) }
        await ledger.close()
        if arguments.isSet("json") {
            for record in records { outputJSON(record.write) }
        } else if records.isEmpty {
            say("no job fits")
        } else {
            output(table(records).text)
        }
        if records.count == limit { say("these are the newest \(limit); --limit N lists more") }
    }

    /// What `--outcome` takes: how jobs end, or that they have not.
    private enum OutcomeChoice: String, CaseIterable {
        case settled, gone, superseded, failed, unmatched, open

        /// Nil for jobs that have not ended.
        var kind: Outcome.Kind? { Outcome.Kind(rawValue: rawValue) }
    }

    static let show = Command(
        words: ["jobs", "show"], abstract: "Shows all that is known of jobs, with their attempts.", operands: "JOB...",
        flags: [.ledger, .json]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(.usage, "`lazaret jobs show` needs the id of a job; `lazaret jobs list` tells them")
        }
        let ids = try arguments.operands.map { text in
            guard let id = JobID(text) else {
                throw CommandFailure(.usage, "'\(printable(text))' is no job's id: those have 32 hexadecimal digits")
            }
            return id
        }
        let ledger = try await existingLedger(arguments)
        var missing: [String] = []
        for id in ids {
            guard let record = try await reading({ () async throws(LedgerError) in try await ledger.job(id) }) else {
                missing.append("the ledger has no job \(id)")
                continue
            }
            if arguments.isSet("json") {
                outputJSON(record.write)
            } else {
                output(sheet(record))
            }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }

    /// Opens a ledger that is there already: to ask of one that is not would make an empty one.
    private static func existingLedger(_ arguments: Arguments) async throws -> any Ledger {
        try await openingLedger(at: arguments.required("ledger"), creating: false, log: Log(threshold: .warning))
    }

    private static func reading<Value>(_ body: () async throws(LedgerError) -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw failure(of: error)
        }
    }

    private static func table(_ records: [JobRecord]) -> Table {
        var table = Table("JOB", "RECEIVED", "OUTCOME", "VERDICT", "FINDING", "DISPOSITION", "OBJECT")
        for record in records {
            let finding = record.judgement?.findings.first { $0.kind != .note }
            table.add(
                record.job.id.text, record.firstReceivedAt.description, record.outcome?.kind.rawValue ?? "open",
                record.judgement?.verdict.rawValue ?? "-", finding?.name ?? "-",
                record.disposition?.rawValue ?? "-", "s3://\(record.job.object.bucket)/\(record.job.object.key)")
        }
        return table
    }

    private static func sheet(_ record: JobRecord) -> String {
        let evidence = record.judgement?.evidence
        let rows: [(String, String?)] = [
            ("job", record.job.id.text),
            ("object", "s3://\(record.job.object.bucket)/\(record.job.object.key)"),
            ("version", record.job.object.versionID), ("etag", record.job.object.etag),
            ("size", record.job.event.size.map { "\($0)" }), ("pipeline", record.pipeline),
            ("outcome", record.outcome?.kind.rawValue ?? "open"), ("verdict", record.judgement?.verdict.rawValue),
            ("disposition", record.disposition?.rawValue), ("destination", record.destination?.location.description),
            ("declared type", evidence?.declaredType), ("detected type", evidence?.detectedType),
            ("sha256", evidence?.sha256), ("bytes read", evidence.map { "\($0.bytesRead)" }),
            ("engine", evidence?.engine), ("signatures", evidence?.signatures),
            ("scan", evidence.flatMap(scan)),
            ("received", record.firstReceivedAt.description), ("finished", record.finishedAt?.description),
            ("error", record.error),
        ]
        var lines = rows.compactMap { row in row.1.map { "\(row.0.padded(to: 13))  \(printable($0))" } }
        for database in evidence?.databases ?? [] {
            let version = database.version.map { " version \($0)," } ?? ""
            lines.append("database       \(printable(database.name)),\(version) of \(database.built)")
        }
        for finding in record.judgement?.findings ?? [] {
            let detail = finding.detail.isEmpty ? "" : ": \(finding.detail)"
            lines.append("finding        \(finding.kind.rawValue) \(printable(finding.name + detail))")
        }
        for attempt in record.attempts {
            let end = attempt.endedAt?.description ?? "not ended"
            let error = attempt.error.map { ": \(printable($0))" } ?? ""
            lines.append(
                "\("attempt \(attempt.number)".padded(to: 13))  \(attempt.startedAt) to \(end) by \(attempt.worker)\(error)"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `4 ms, whole, 12 objects down to level 2, 1 of them unpacked beside the engine`
    private static func scan(_ evidence: Evidence) -> String? {
        guard let milliseconds = evidence.scanMilliseconds else { return nil }
        var parts = ["\(milliseconds) ms"]
        if let method = evidence.method { parts.append(method.rawValue) }
        if let objects = evidence.objects {
            let level = evidence.deepest.flatMap { $0 > 0 ? " down to level \($0)" : nil } ?? ""
            parts.append("\(objects) object\(objects == 1 ? "" : "s")\(level)")
        }
        if let recovered = evidence.recovered, recovered > 0 {
            parts.append("\(recovered) of them unpacked beside the engine")
        }
        return parts.joined(separator: ", ")
    }

    /// A point in time, or an age.
    static func moment(_ text: String, of flag: String = "--since", now: Timestamp = .now()) throws -> Timestamp {
        if let time = Timestamp(iso8601: text) { return time }
        let seconds: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ seconds[$0] }), let count = Int(text.dropLast()), count >= 0,
            count < 1_000_000
        else {
            throw CommandFailure(
                .usage,
                "\(flag) takes a time as 2026-11-21 or 2026-11-21T08:00:00Z, or an age as 30m, 24h, 7d; not '\(text)'")
        }
        return now.advanced(by: .seconds(-count * unit))
    }
}
