import Domain

extension SQLiteConnection {
    /// Removes the jobs of a batch, with their attempts and past outcomes; with the first batch, the records of
    /// unreadable messages too. The audit trail and the signature sets stay.
    func prune(_ scope: PruneScope, from position: PrunePosition?) throws(LedgerError) -> PruneBatch {
        var batch = PruneBatch()
        let time = SQLValue(scope.before)
        let candidates = try all(
            PruneStatements.candidates(scope, "?1", "?2", "?3"), [time] + PruneStatements.position(position)
        ) { PruneStatements.Candidate($0) }
        batch.jobs = candidates.removed.count
        batch.next = candidates.next
        if position == nil {
            batch.unreadable =
                try first("SELECT count(*) FROM unreadable_messages WHERE last_seen_at < ?1", [time]) {
                    Int($0.integer(0))
                } ?? 0
        }
        guard !scope.isDryRun else { return batch }
        for number in candidates.removed { try run("DELETE FROM jobs WHERE number = ?1", [.integer(number)]) }
        if position == nil { try run("DELETE FROM unreadable_messages WHERE last_seen_at < ?1", [time]) }
        return batch
    }

    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) throws(LedgerError) -> Bool {
        let removed = try first(
            "DELETE FROM unreadable_messages WHERE message_id = ?1 RETURNING 1", [.text(messageID)]
        ) { _ in true }
        guard removed != nil else { return false }
        try audit(entry)
        return true
    }
}
