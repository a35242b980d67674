import Domain

extension PostgresSession {
    /// Removes the jobs of a batch, as in SQLite. A job that is reopened meanwhile stays.
    func prune(_ scope: PruneScope, from position: PrunePosition?) throws(PostgresFailure) -> PruneBatch {
        var batch = PruneBatch()
        let time = SQLValue(scope.before)
        let candidates = try all(
            PruneStatements.candidates(scope, "$1", "$2", "$3"), [time] + PruneStatements.position(position)
        ) { PruneStatements.Candidate($0) }
        batch.jobs = candidates.removed.count
        batch.next = candidates.next
        if position == nil {
            batch.unreadable =
                try first("SELECT count(*) FROM unreadable_messages WHERE last_seen_at < $1", [time]) {
                    Int($0.integer(0))
                } ?? 0
        }
        guard !scope.isDryRun else { return batch }
        if !candidates.removed.isEmpty {
            batch.jobs = try all(
                """
                DELETE FROM jobs WHERE number = ANY ($2::text::bigint[]) AND \(PruneStatements.condition(scope, "$1"))
                RETURNING number
                """, [time, .text(arrayLiteral(candidates.removed))]
            ) { $0.integer(0) }.count
        }
        if position == nil { try run("DELETE FROM unreadable_messages WHERE last_seen_at < $1", [time]) }
        return batch
    }

    func discardUnreadable(_ messageID: String, _ entry: AuditEntry) throws(PostgresFailure) -> Bool {
        let removed = try all(
            "DELETE FROM unreadable_messages WHERE message_id = $1 RETURNING receive_count", [.text(messageID)]
        ) { $0.integer(0) }
        guard !removed.isEmpty else { return false }
        _ = try run([PostgresWrite.audit(entry).statement(nil)])
        return true
    }
}
