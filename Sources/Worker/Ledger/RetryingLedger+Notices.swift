package import Domain
package import Ledger

/// Not repeated: notices that were taken or sent without a record of it are taken again.
extension RetryingLedger {
    package func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) async throws(LedgerError) -> [NoticeRecord] {
        try await base.takeNotices(for: destination, limit: limit, now: now, until: until)
    }

    package func settleNotice(
        _ ticket: NoticeTicket, _ result: NoticeResult, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await base.settleNotice(ticket, result, at: time)
    }

    package func noticeBacklog() async throws(LedgerError) -> [NoticeBacklog] { try await base.noticeBacklog() }

    package func notices(_ query: NoticeQuery) async throws(LedgerError) -> [NoticeRecord] {
        try await base.notices(query)
    }

    package func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await base.retryNotices(query, entry)
    }

    package func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await base.discardNotices(query, entry)
    }

    package func pruneNotices(sentBefore time: Timestamp, limit: Int) async throws(LedgerError) -> Int {
        try await base.pruneNotices(sentBefore: time, limit: limit)
    }
}
