internal import Domain
internal import Ledger

/// The tables of single jobs and actions.
extension ReportTable {
    static func jobs(_ title: String, _ list: BoundedList<JobRecord>) -> ReportTable {
        ReportTable(
            title: title,
            columns: [.words("received"), .words("object"), .words("verdict"), .words("reason"), .words("job")],
            rows: list.elements.map { record in
                let findings = record.judgement?.findings.prefix(3).map(\.name).joined(separator: ", ")
                return [
                    minute(record.firstReceivedAt),
                    printableName(record.job.object.location.description),
                    record.judgement?.verdict.rawValue ?? "-",
                    printableName(record.error ?? findings ?? "-"), record.job.id.text,
                ]
            })
    }

    static func actions(_ list: BoundedList<AuditEntry>) -> ReportTable {
        ReportTable(
            title: "Actions, latest first",
            columns: [.words("time"), .words("by"), .words("action"), .words("subject"), .words("reason")],
            rows: list.elements.map { entry in
                [
                    minute(entry.at), printableName(entry.actor), entry.action, printableName(entry.subject),
                    printableName(entry.reason),
                ]
            })
    }
}
