import Domain
import Ledger

extension ScriptedLedger {
    func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) async throws(LedgerError) -> [NoticeRecord] {
        try await inner.takeNotices(for: destination, limit: limit, now: now, until: until)
    }

    func settleNotice(
        _ ticket: NoticeTicket, _ result: NoticeResult, at time: Timestamp
    ) async throws(LedgerError) -> Bool {
        try await inner.settleNotice(ticket, result, at: time)
    }

    func noticeBacklog() async throws(LedgerError) -> [NoticeBacklog] { try await inner.noticeBacklog() }

    func notices(_ query: NoticeQuery) async throws(LedgerError) -> [NoticeRecord] {
        try await inner.notices(query)
    }

    func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await inner.retryNotices(query, entry)
    }

    func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int {
        try await inner.discardNotices(query, entry)
    }

    func pruneNotices(sentBefore time: Timestamp, limit: Int) async throws(LedgerError) -> Int {
        try await inner.pruneNotices(sentBefore: time, limit: limit)
    }
}
