import Domain

extension PostgresLedger {
    func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) async throws(LedgerError) -> [NoticeRecord] {
        try await pool.transaction("take notices", .writing) { (session) throws(PostgresFailure) in
            try session.takeNotices(for: destination, limit: limit, now: now, until: until)
        }
    }

    func settleNotice(
        _ ticket: NoticeTicket, _ result: NoticeResult, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await pool.transaction("settle a notice", .writing) { (session) throws(PostgresFailure) in
            try session.settleNotice(ticket, result, at: time)
        }
    }

    func noticeBacklog() async throws(LedgerError) -> [NoticeBacklog] {
        try await pool.session("count notices") { (session) throws(PostgresFailure) in try session.noticeBacklog() }
    }

    func notices(_ query: NoticeQuery) async throws(LedgerError) -> [NoticeRecord] {
        try await pool.session("list notices") { (session) throws(PostgresFailure) in try session.notices(query) }
    }

    func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await pool.transaction("retry notices", .writing) { (session) throws(PostgresFailure) in
            try session.retryNotices(query, entry)
        }
    }

    func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await pool.transaction("discard notices", .writing) { (session) throws(PostgresFailure) in
            try session.discardNotices(query, entry)
        }
    }

    func pruneNotices(sentBefore time: Timestamp, limit: Int) async throws(LedgerError) -> Int {
        try await pool.transaction("prune notices", .writing) { (session) throws(PostgresFailure) in
            try session.pruneNotices(sentBefore: time, limit: limit)
        }
    }
}
