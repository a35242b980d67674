internal import Domain
internal import Ledger
internal import Support

/// `lazaret notices retry` and `discard`: what an operator does about notices that wait.
enum NoticesChangeCommand {
    private static let flags: [Flag] = [
        .ledger, .actor, NoticeFilters.destination, NoticeFilters.job,
        Flag("reason", "TEXT", "why, for the audit trail"),
    ]

    static let retry = Command(
        words: ["notices", "retry"],
        abstract: "Has waiting notices sent at once, or those with the given numbers once more.",
        operands: "[NUMBER...]",
        flags: flags
    ) { arguments in
        let query = try selection(arguments)
        try await change(arguments, query, "retry", "will be sent at once") {
            (ledger, query, entry) async throws(LedgerError) in try await ledger.retryNotices(query, entry)
        }
    }

    static let discard = Command(
        words: ["notices", "discard"], abstract: "Removes waiting notices, which are then never sent.",
        operands: "[NUMBER...]", flags: flags
    ) { arguments in
        var query = try selection(arguments)
        query.isPending = true
        try await change(arguments, query, "discard", "discarded") {
            (ledger, query, entry) async throws(LedgerError) in try await ledger.discardNotices(query, entry)
        }
    }

    /// - Throws: `CommandFailure` if nothing is selected.
    private static func selection(_ arguments: Arguments) throws -> NoticeQuery {
        var query = try NoticeFilters.query(arguments)
        let numbers = try arguments.operands.map { text in
            guard let number = Int64(text), number > 0 else {
                throw CommandFailure(
                    .usage, "'\(text)' is not the number of a notice, as `lazaret notices list` shows it")
            }
            return number
        }
        if numbers.isEmpty {
            guard query.destination != nil || query.job != nil else {
                throw CommandFailure(.usage, "nothing is selected: give numbers of notices, --destination or --job")
            }
            query.isPending = true
        } else {
            query.numbers = numbers
        }
        return query
    }

    private static func change(
        _ arguments: Arguments, _ query: NoticeQuery, _ action: String, _ done: String,
        _ body: (any Ledger, NoticeQuery, AuditEntry) async throws(LedgerError) -> Int
    ) async throws {
        let subject = query.numbers.map { "notices \($0.map(String.init).joined(separator: ", "))" }
        let entry = AuditEntry(
            at: .now(), actor: arguments.text("actor") ?? actorName(), action: "\(action)-notices",
            subject: subject ?? query.destination ?? "notices", job: query.job,
            reason: try QuarantineFilters.text("reason", arguments))
        let ledger = try await openExistingLedger(arguments)
        let count = try await readLedger { () async throws(LedgerError) in try await body(ledger, query, entry) }
        await ledger.close()
        printNotice("\(count) notice\(count == 1 ? "" : "s") \(done)")
        if count == 0 { throw CommandFailure(.badData, "no notices match") }
    }
}
