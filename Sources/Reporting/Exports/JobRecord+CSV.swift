internal import Domain
package import Ledger
package import Support

extension JobRecord {
    /// The headings of `csvRow`. Columns are only ever added at the end.
    package static let csvHeadings = CSVRow(csvColumns.map(\.name))

    /// The job as a row of a report in CSV.
    package var csvRow: CSVRow { CSVRow(Self.csvColumns.map { $0.text(self) ?? "" }) }

    private static let csvColumns: [(name: String, text: @Sendable (JobRecord) -> String?)] = [
        ("received", { $0.firstReceivedAt.description }),
        ("job", { $0.job.id.text }),
        ("pipeline", { $0.pipeline }),
        ("bucket", { $0.job.object.bucket }),
        ("key", { $0.job.object.key.text }),
        ("version", { $0.job.object.versionID }),
        ("size", { $0.job.event.size.map { "\($0)" } }),
        ("outcome", { $0.outcome?.kind.rawValue ?? "open" }),
        ("verdict", { $0.judgement?.verdict.rawValue }),
        ("findings", { $0.judgement.map { $0.findings.map(\.csvText).joined(separator: "; ") } }),
        ("let through", { $0.reasonsLetThrough.joined(separator: "; ") }),
        ("disposition", { $0.disposition?.rawValue }),
        ("destination", { $0.destination?.location.description }),
        ("declared type", { $0.judgement?.evidence.declaredType }),
        ("detected type", { $0.judgement?.evidence.detectedType }),
        ("sha256", { $0.judgement?.evidence.sha256 }),
        ("engine", { $0.judgement?.evidence.engine }),
        ("signatures", { $0.judgement?.evidence.signatures }),
        ("principal", { $0.job.event.uploader.principal }),
        ("source ip", { $0.job.event.uploader.sourceIP }),
        ("judged", { $0.judgedAt?.description }),
        ("finished", { $0.finishedAt?.description }),
        ("attempts", { "\($0.attemptCount)" }),
        ("error", { $0.error }),
    ]
}

extension Finding {
    fileprivate var csvText: String {
        path.isEmpty ? "\(kind.rawValue) \(name)" : "\(kind.rawValue) \(name) in \(path)"
    }
}
