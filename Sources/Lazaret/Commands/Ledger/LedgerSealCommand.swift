internal import Domain
internal import Ledger
internal import Support

/// `lazaret ledger seal`: chains the rows of a rolling upgrade.
enum LedgerSealCommand {
    static let command = Command(
        words: ["ledger", "seal"],
        abstract:
            "Chains rows that programs of a version without the hash chain have written beside this one, once they have stopped.",
        operands: nil,
        flags: [
            .ledger, .actor, Flag("reason", "TEXT", "which programs wrote the rows, for the audit trail"),
            Flag("dry-run", "print what would be chained, and change nothing"), .json,
        ]
    ) { arguments in
        let isDryRun = arguments.isSet("dry-run")
        let reason = isDryRun ? "" : try QuarantineFilters.text("reason", arguments)
        let ledger = try await openExistingLedger(arguments)
        let (work, signals) = StopSignals.cancelling { try await seal(ledger, reason, arguments) }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        try result.get()
    }

    private static func seal(_ ledger: any Ledger, _ reason: String, _ arguments: Arguments) async throws {
        let isDryRun = arguments.isSet("dry-run")
        if !isDryRun {
            let entry = AuditEntry(
                at: .now(), actor: arguments.text("actor") ?? actorName(), action: "seal", subject: "ledger",
                reason: reason)
            try await readLedger { () async throws(LedgerError) in try await ledger.audit(entry) }
        }
        var count: Int64 = 0
        var position: ChainPosition? = .firstRow
        while let from = position {
            guard !Task.isCancelled else {
                throw CommandFailure(.interrupted, "stopped after \(count) rows; run it again for the rest")
            }
            let step = try await readLedger { () async throws(LedgerError) in
                try await ledger.sealChain(from: from, isDryRun: isDryRun, at: .now())
            }
            for finding in step.findings { finding.print(asJSON: arguments.isSet("json")) }
            count += step.sealed
            position = step.next
        }
        printNotice("\(count) rows \(isDryRun ? "would be " : "")chained")
    }
}
