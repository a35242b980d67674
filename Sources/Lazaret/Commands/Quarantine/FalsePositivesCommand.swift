internal import Domain
internal import Ledger
internal import Support

/// `lazaret quarantine false-positives list` and `revoke`: bytes that are not quarantined again for a finding.
enum FalsePositivesCommand {
    static let list = Command(
        words: ["quarantine", "false-positives", "list"],
        abstract: "Lists bytes that were released and are not quarantined again for the same finding, newest first.",
        operands: nil,
        flags: [
            .ledger, .json, Flag("sha256", "HASH", "only these bytes"),
            Flag("pipeline", "P", "only of this pipeline"),
            Flag("all", "also those that expired or were revoked"),
            Flag("limit", "N", "list at most this many", fallback: "1000"),
        ]
    ) { arguments in
        let now = Timestamp.now()
        let query = FalsePositiveQuery(
            sha256: try JobFilters.sha256(arguments), pipeline: arguments.text("pipeline"),
            activeAt: arguments.isSet("all") ? nil : now, limit: try arguments.integer("limit", in: 1...1_000_000)!)
        let ledger = try await openExistingLedger(arguments)
        let found = try await readLedger { () async throws(LedgerError) in try await ledger.falsePositives(query) }
        await ledger.close()
        if arguments.isSet("json") {
            for known in found { outputJSON(known.write) }
            return
        }
        var table = Table("NUMBER", "STATE", "FINDING", "PIPELINE", "SHA256", "EXPIRES", "BY", "REASON")
        for known in found {
            table.add(
                String(known.number), known.state(at: now), known.finding, known.pipeline, known.sha256,
                known.expiresAt.description, known.added.actor, known.added.reason)
        }
        if found.isEmpty { printNotice("no false positives are known") } else { output(table.takeText()) }
    }

    static let revoke = Command(
        words: ["quarantine", "false-positives", "revoke"],
        abstract: "Revokes false positives, so that the same bytes are quarantined again.", operands: "NUMBER...",
        flags: [.ledger, .actor, Flag("reason", "TEXT", "why, for the record and the audit trail")]
    ) { arguments in
        let reason = try QuarantineFilters.text("reason", arguments)
        let numbers = try arguments.operands.map { text in
            guard let number = Int64(text), number > 0 else {
                throw CommandFailure(.usage, "'\(text)' is not the number of a false positive")
            }
            return number
        }
        guard !numbers.isEmpty else {
            throw CommandFailure(
                .usage, "`lazaret quarantine false-positives revoke` needs numbers, as `list` shows them")
        }
        let actor = arguments.text("actor") ?? actorName()
        let ledger = try await openExistingLedger(arguments)
        var missing: [String] = []
        for number in numbers {
            let entry = AuditEntry(
                at: .now(), actor: actor, action: "revoke", subject: "false positive \(number)", reason: reason)
            let isRevoked = try await readLedger { () async throws(LedgerError) in
                try await ledger.revokeFalsePositive(number, entry)
            }
            if !isRevoked { missing.append("there is no false positive \(number) that counts") }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }
}

extension FalsePositive {
    fileprivate func state(at now: Timestamp) -> String {
        revoked != nil ? "revoked" : isActive(at: now) ? "active" : "expired"
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.field("number", number)
        json.field("sha256", sha256)
        json.field("kind", kind.rawValue)
        json.field("finding", finding)
        json.field("pipeline", pipeline)
        json.field("job", job.text)
        json.field("actor", added.actor)
        json.field("addedAt", added.at.description)
        json.field("reason", added.reason)
        json.field("expiresAt", expiresAt.description)
        json.field("revokedBy", revoked?.actor)
        json.field("revokedAt", revoked?.at.description)
        json.field("revocationReason", revoked?.reason)
    }
}
