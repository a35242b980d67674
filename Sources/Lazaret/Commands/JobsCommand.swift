internal import Domain
internal import Glibc
internal import Ledger
internal import Support

/// `lazaret jobs`: what the ledger knows.
enum JobsCommand {
    static let list = Command(
        words: ["jobs", "list"], abstract: "Lists jobs and their outcomes, newest first.", operands: nil,
        flags: [.ledger, .json] + JobFilters.flags + [
            Flag("limit", "N", "jobs to list at the most", fallback: "100")
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...1_000_000)!
        let query = try JobFilters.query(arguments, limit: limit)
        let ledger = try await existingLedger(arguments)
        let isJSON = arguments.isSet("json")
        var table = Table("JOB", "RECEIVED", "OUTCOME", "VERDICT", "FINDING", "DISPOSITION", "OBJECT")
        let count = try await reading { () async throws(LedgerError) in
            try await ledger.eachPage(of: query) { page in
                if isJSON {
                    for record in page { outputJSON(record.write) }
                } else {
                    for record in page { add(record, to: &table) }
                    output(table.takeText())
                }
            }
        }
        await ledger.close()
        if count == 0, !isJSON { say("no job fits") }
        if count == limit { say("these are the newest \(limit); --limit N lists more") }
    }

    static let show = Command(
        words: ["jobs", "show"],
        abstract: "Shows all that is known of jobs, with their attempts and what they came to before.",
        operands: "JOB...",
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
            let trail = try await reading { () async throws(LedgerError) in
                try await ledger.auditTrail(of: id, limit: 1000)
            }
            let sheet = JobSheet(record: record, trail: trail.reversed())
            if arguments.isSet("json") {
                outputJSON(sheet.write)
            } else {
                output(sheet.text)
            }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }

    static let unreadable = Command(
        words: ["jobs", "unreadable"],
        abstract: "Lists messages that no reader understands, the latest first; they are no jobs.", operands: nil,
        flags: [
            .ledger, Flag("json", "one JSON object a message, with the start of its body"),
            Flag("limit", "N", "messages to list at the most", fallback: "100"),
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...10_000)!
        let ledger = try await existingLedger(arguments)
        let records = try await reading { () async throws(LedgerError) in
            try await ledger.unreadableMessages(limit: limit)
        }
        await ledger.close()
        if arguments.isSet("json") {
            for record in records { outputJSON(record.write) }
        } else if records.isEmpty {
            say("every message could be read")
        } else {
            var table = Table("MESSAGE", "FIRST SEEN", "LAST SEEN", "RECEIVES", "REASON")
            for record in records {
                table.add(
                    record.message.messageID, record.firstSeenAt.description, record.lastSeenAt.description,
                    String(record.message.receiveCount), record.message.reason)
            }
            output(table.takeText())
        }
        if records.count == limit { say("these are the latest \(limit); --limit N lists more") }
    }

    private static func reading<Value>(_ body: () async throws(LedgerError) -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw failure(of: error)
        }
    }

    private static func add(_ record: JobRecord, to table: inout Table) {
        let finding = record.judgement?.findings.first { $0.kind != .note }
        table.add(
            record.job.id.text, record.firstReceivedAt.description, record.standing,
            record.judgement?.verdict.rawValue ?? "-", finding?.name ?? "-",
            record.disposition?.rawValue ?? "-", "s3://\(record.job.object.bucket)/\(record.job.object.key)")
    }
}

extension UnreadableMessageRecord {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("messageId", message.messageID)
        json.field("reason", message.reason)
        json.field("body", message.body)
        json.field("receiveCount", message.receiveCount)
        json.field("firstSeenAt", firstSeenAt.description)
        json.field("lastSeenAt", lastSeenAt.description)
    }
}
