import Domain

extension SQLiteLedger {
    func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) async throws(LedgerError) -> [NoticeRecord] {
        // A taking that is lost with the power costs a repetition.
        try await writer.write("take notices", sync: .normal) { (connection) throws(LedgerError) in
            try connection.takeNotices(for: destination, limit: limit, now: now, until: until)
        }
    }

    func settleNotice(
        _ ticket: NoticeTicket, _ result: NoticeResult, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await writer.write("settle a notice", sync: .normal) { (connection) throws(LedgerError) in
            try connection.settleNotice(ticket, result, at: time)
        }
    }

    func noticeBacklog() async throws(LedgerError) -> [NoticeBacklog] {
        try await reader.read("count notices") { (connection) throws(LedgerError) in try connection.noticeBacklog() }
    }

    func notices(_ query: NoticeQuery) async throws(LedgerError) -> [NoticeRecord] {
        try await reader.read("list notices") { (connection) throws(LedgerError) in try connection.notices(query) }
    }

    func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await writer.write("retry notices") { (connection) throws(LedgerError) in
            try connection.retryNotices(query, entry)
        }
    }

    func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await writer.write("discard notices") { (connection) throws(LedgerError) in
            try connection.discardNotices(query, entry)
        }
    }

    func pruneNotices(sentBefore time: Timestamp, limit: Int) async throws(LedgerError) -> Int {
        try await writer.write("prune notices", sync: .normal) { (connection) throws(LedgerError) in
            try connection.pruneNotices(sentBefore: time, limit: limit)
        }
    }
}
