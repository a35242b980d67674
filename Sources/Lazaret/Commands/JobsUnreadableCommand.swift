internal import Domain
internal import Ledger
internal import Support

/// `lazaret jobs unreadable`: messages that are not S3 events.
enum JobsUnreadableCommand {
    static let command = Command(
        words: ["jobs", "unreadable"],
        abstract: "Lists messages that could not be parsed and so have no job, newest first.", operands: nil,
        flags: [
            .ledger, Flag("json", "print one JSON object per message, with the start of its body, on standard output"),
            Flag("limit", "N", "list at most this many messages", fallback: "100"),
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...10_000)!
        let ledger = try await openExistingLedger(arguments)
        let records = try await readLedger { () async throws(LedgerError) in
            try await ledger.unreadableMessages(limit: limit)
        }
        await ledger.close()
        if arguments.isSet("json") {
            for record in records { outputJSON(record.write) }
        } else if records.isEmpty {
            printNotice("no unreadable messages")
        } else {
            var table = Table("MESSAGE", "FIRST SEEN", "LAST SEEN", "RECEIVES", "REASON")
            for record in records {
                table.add(
                    record.message.messageID, record.firstSeenAt.description, record.lastSeenAt.description,
                    String(record.message.receiveCount), record.message.reason)
            }
            output(table.takeText())
        }
        if records.count == limit { printNotice("only the newest \(limit) are listed; --limit N lists more") }
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
