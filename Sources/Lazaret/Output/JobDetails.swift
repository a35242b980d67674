internal import Domain
internal import Ledger
internal import Support

/// Everything that the ledger holds about one job, for `lazaret jobs show`.
struct JobDetails {
    let record: JobRecord
    /// The job's audit entries, oldest first.
    let trail: [AuditEntry]

    /// Writes the fields of `lazaret jobs list --json`, then the history and the audit entries.
    func write(to json: inout JSONWriter) {
        record.write(to: &json)
        json.objects("history", record.history) { past, json in
            json.field("outcome", past.outcome.kind.rawValue)
            json.field("verdict", past.judgement?.verdict.rawValue)
            json.field("disposition", past.outcome.disposition?.rawValue)
            json.field("attempts", past.attemptCount)
            json.field("finishedAt", past.finishedAt.description)
            json.field("reopenedAt", past.reopenedAt.description)
            json.field("error", past.outcome.reason)
        }
        json.objects("audit", trail) { entry, json in
            json.field("at", entry.at.description)
            json.field("actor", entry.actor)
            json.field("action", entry.action)
            json.field("subject", entry.subject)
            json.field("reason", entry.reason)
        }
    }

    /// Lines for people.
    var text: String { (facts + judgement + history + attempts + audit).joined(separator: "\n") + "\n" }

    private func line(_ name: String, _ text: String) -> String { "\(name.padded(to: 13))  \(printable(text))" }

    private var facts: [String] {
        let evidence = record.judgement?.evidence
        let rows: [(String, String?)] = [
            ("job", record.job.id.text),
            ("object", record.location.description),
            ("version", record.job.object.versionID), ("etag", record.job.object.etag),
            ("size", record.job.event.size.map { "\($0)" }), ("pipeline", record.pipeline),
            ("outcome", record.outcome?.kind.rawValue ?? "open"), ("verdict", record.judgement?.verdict.rawValue),
            ("disposition", record.disposition?.rawValue), ("destination", record.destination?.location.description),
            ("declared type", evidence?.declaredType), ("detected type", evidence?.detectedType),
            ("sha256", evidence?.sha256), ("bytes read", evidence.map { "\($0.bytesRead)" }),
            ("engine", evidence?.engine), ("signatures", evidence?.signatures),
            ("scan", evidence.flatMap(scan)), ("vouched by", evidence?.vouchedBy?.text),
            ("received", record.firstReceivedAt.description), ("finished", record.finishedAt?.description),
            ("stranded", record.strandedAt.map { "since \($0): the queue holds no known message for this job" }),
            ("error", record.error),
        ]
        return rows.compactMap { row in row.1.map { line(row.0, $0) } }
    }

    private var judgement: [String] {
        var lines: [String] = []
        for database in record.judgement?.evidence.databases ?? [] {
            let age = database.version.map { "version \($0), built" } ?? "modified"
            lines.append(line("database", "\(database.name), \(age) \(database.built)"))
        }
        for finding in record.judgement?.findings ?? [] {
            let detail = finding.detail.isEmpty ? "" : ": \(finding.detail)"
            lines.append(line("finding", "\(finding.kind.rawValue) \(finding.name + detail)"))
        }
        return lines
    }

    private var history: [String] {
        record.history.map { past in
            let end = [
                past.outcome.kind.rawValue, past.judgement?.verdict.rawValue, past.outcome.disposition?.rawValue,
            ].compactMap(\.self).joined(separator: ", ")
            let error = past.outcome.reason.map { ": \($0)" } ?? ""
            return line("previous", "\(end) at \(past.finishedAt), reopened at \(past.reopenedAt)\(error)")
        }
    }

    private var attempts: [String] {
        record.attempts.map { attempt in
            let end = attempt.endedAt?.description ?? "not ended"
            let error = attempt.error.map { ": \($0)" } ?? ""
            return line("attempt \(attempt.number)", "\(attempt.startedAt) to \(end) by \(attempt.worker)\(error)")
        }
    }

    private var audit: [String] {
        trail.map { entry in
            let reason = entry.reason.isEmpty ? "" : ": \(entry.reason)"
            return line("audit", "\(entry.at) \(entry.action) by \(entry.actor)\(reason)")
        }
    }

    /// `4 ms, whole, 12 objects down to level 2, 1 extracted and scanned separately`
    private func scan(_ evidence: Evidence) -> String? {
        guard let milliseconds = evidence.scanMilliseconds else { return nil }
        var parts = ["\(milliseconds) ms"]
        if let method = evidence.method { parts.append(method.rawValue) }
        if let objects = evidence.objects {
            let level = evidence.deepest.flatMap { $0 > 0 ? " down to level \($0)" : nil } ?? ""
            parts.append("\(objects) object\(objects == 1 ? "" : "s")\(level)")
        }
        if let extracted = evidence.extracted, extracted > 0 {
            parts.append("\(extracted) extracted and scanned separately")
        }
        return parts.joined(separator: ", ")
    }
}

extension JobRecord {
    /// The job's outcome, `stranded` or `open`.
    var status: String { outcome?.kind.rawValue ?? (strandedAt == nil ? "open" : "stranded") }
}

extension Outcome {
    fileprivate var disposition: Disposition? {
        if case .settled(_, let disposition, _) = self { disposition } else { nil }
    }

    fileprivate var reason: String? {
        if case .failed(let reason, _) = self { reason } else { nil }
    }
}
