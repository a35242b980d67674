internal import Domain
internal import Ledger
internal import Support

/// `lazaret notices list`: notices that wait, or that were sent lately.
enum NoticesListCommand {
    static let command = Command(
        words: ["notices", "list"], abstract: "Lists notices that wait to be sent, newest first.", operands: nil,
        flags: [
            .ledger, .json, NoticeFilters.destination, NoticeFilters.job,
            Flag("sent", "those that were sent instead, of the last 7 days"),
            Flag("limit", "N", "list at most this many", fallback: "1000"),
        ]
    ) { arguments in
        var query = try NoticeFilters.query(arguments)
        query.isPending = !arguments.isSet("sent")
        query.limit = try arguments.integer("limit", in: 1...1_000_000)!
        let listed = query
        let ledger = try await openExistingLedger(arguments)
        let found = try await readLedger { () async throws(LedgerError) in try await ledger.notices(listed) }
        await ledger.close()
        if arguments.isSet("json") {
            for record in found { outputJSON(record.write) }
            return
        }
        var table = Table("NUMBER", "WRITTEN", "DESTINATION", "KIND", "JOB", "ATTEMPTS", "NEXT", "ERROR")
        for record in found {
            table.add(
                String(record.number), record.notice.createdAt.description, record.notice.destination,
                record.notice.attributes.kind.rawValue, record.notice.job?.text ?? "-", String(record.attempts),
                record.sentAt.map { "sent \($0)" } ?? record.dueAt.description, record.error ?? "-")
        }
        if found.isEmpty { printNotice("no notices match") } else { output(table.takeText()) }
    }
}

/// Which notices the commands list or change.
enum NoticeFilters {
    static let destination = Flag("destination", "D", "only of this destination, as `list` shows it")
    static let job = Flag("job", "ID", "only about this job")

    static func query(_ arguments: Arguments) throws -> NoticeQuery {
        var query = NoticeQuery(destination: arguments.text("destination"))
        if let text = arguments.text("job") {
            guard let job = JobID(text) else {
                throw CommandFailure(.usage, "'\(text)' is not a job ID: a job ID has 32 hexadecimal digits")
            }
            query.job = job
        }
        return query
    }
}

extension NoticeRecord {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("number", number)
        json.field("id", notice.id)
        json.field("destination", notice.destination)
        json.field("kind", notice.attributes.kind.rawValue)
        json.field("job", notice.job?.text)
        json.field("pipeline", notice.attributes.pipeline)
        json.field("bucket", notice.attributes.bucket)
        json.field("verdict", notice.attributes.verdict?.rawValue)
        json.field("disposition", notice.attributes.disposition?.rawValue)
        json.field("writtenAt", notice.createdAt.description)
        json.field("attempts", attempts)
        json.field("dueAt", sentAt == nil ? dueAt.description : nil)
        json.field("sentAt", sentAt?.description)
        json.field("error", error)
        json.field("body", notice.body)
    }
}
