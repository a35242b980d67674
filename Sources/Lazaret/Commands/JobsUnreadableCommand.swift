internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Replay
internal import Support

/// `lazaret jobs unreadable`: messages that are not S3 events.
enum JobsUnreadableCommand {
    static let command = Command(
        words: ["jobs", "unreadable"],
        abstract: "Lists messages that could not be parsed and so have no job, newest first; or discards them.",
        operands: nil,
        flags: [
            .ledger, Flag("json", "print one JSON object per message, with the start of its body, on standard output"),
            Flag("limit", "N", "list at most this many messages", fallback: "100"),
            Flag("discard", "remove the listed messages from the ledger; with --dlq, delete them from that queue"),
            Flag("dlq", "URL", "with --discard: a dead-letter queue, of which every unreadable message is deleted"),
            Flag("dry-run", "with --discard: print what would be done, and change nothing"),
            .actor, Flag("note", "TEXT", "with --discard: why, for the audit trail"),
        ]
    ) { arguments in
        let limit = try arguments.integer("limit", in: 1...10_000)!
        let ledger = try await openExistingLedger(arguments)
        if arguments.isSet("discard") {
            try await discard(arguments, limit: limit, ledger)
        } else if let flag = ["dlq", "dry-run", "note"].first(where: { arguments.text($0) != nil }) {
            throw CommandFailure(.usage, "\(arguments.origin(of: flag)) needs --discard")
        } else {
            try await list(arguments, limit: limit, ledger)
        }
        await ledger.close()
    }

    private static func list(_ arguments: Arguments, limit: Int, _ ledger: any Ledger) async throws {
        let records = try await records(limit, ledger)
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

    private static func records(_ limit: Int, _ ledger: any Ledger) async throws -> [UnreadableMessageRecord] {
        try await readLedger { () async throws(LedgerError) in try await ledger.unreadableMessages(limit: limit) }
    }

    // MARK: Discarding

    private static func discard(_ arguments: Arguments, limit: Int, _ ledger: any Ledger) async throws {
        let isDryRun = arguments.isSet("dry-run")
        let context = ReplayContext(
            actor: arguments.text("actor") ?? actorName(),
            reason: arguments.text("note") ?? "jobs unreadable --discard", isDryRun: isDryRun)
        let would = isDryRun ? "would be " : ""
        guard let url = arguments.text("dlq") else {
            let count = try await discardRecords(limit, context, ledger)
            printNotice(
                "\(count) \(would)removed from the ledger; --dlq URL deletes them from a dead-letter queue as well")
            return
        }
        let cloud = try await Cloud(arguments, queueURL: url)
        _ = try await cloud.queueAttributes()
        var selection = ReplaySelection()
        selection.unreadableOnly = true
        let count = Locked(0)
        let sweep = DeadLetterReplay(
            from: cloud.sqs, ledger: ledger, sender: EventSender(to: cloud.sqs), rateLimiter: nil, context: context
        ) { step in
            guard case .discarded(let reason) = step.result else { return }
            count.withLock { $0 += 1 }
            output(printable("\(step.messageID ?? "-")  \(reason)"))
        }
        do throws(ReplayFailure) {
            try await sweep.run(selection)
        } catch {
            switch error {
            case .stopped: throw CommandFailure(.interrupted, "stopped before the end")
            case .ledger(let error): throw failure(of: error)
            case .queue(let error): throw cloud.failure(error)
            case .sending(let failure): throw CommandFailure(.unavailable, "\(failure)")
            }
        }
        printNotice("\(count.withLock { $0 }) \(would)deleted from the dead-letter queue")
    }

    private static func discardRecords(
        _ limit: Int, _ context: ReplayContext, _ ledger: any Ledger
    ) async throws -> Int {
        var count = 0
        for record in try await records(limit, ledger) {
            let message = record.message
            output(printable("\(message.messageID)  \(message.reason)"))
            let entry = AuditEntry(
                at: .now(), actor: context.actor, action: "discard", subject: message.messageID,
                reason: "\(context.reason) (\(message.reason))")
            let isRemoved = try await readLedger { () async throws(LedgerError) in
                if context.isDryRun { return true }
                return try await ledger.discardUnreadable(message.messageID, entry)
            }
            count += isRemoved ? 1 : 0
        }
        return count
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
