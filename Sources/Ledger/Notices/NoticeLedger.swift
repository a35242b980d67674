package import Domain

/// The outbox: notices that `claim`, `finish` and `changeReview` have written, until they are sent.
///
/// A notice is sent at least once. It is taken for a while, sent, and settled; one whose worker is killed in between is
/// due again when that time is over.
package protocol NoticeLedger: Sendable {
    /// Takes due notices of a destination, those that have been due longest. Of several callers at once each gets
    /// others. A notice is taken only after the earlier ones about its job were sent, unless the destination does not
    /// take those or they were tried often.
    ///
    /// - Parameter until: when they are due again unless they are settled.
    func takeNotices(
        for destination: String, limit: Int, now: Timestamp, until: Timestamp
    ) async throws(LedgerError) -> [NoticeRecord]

    /// Puts the result of an attempt on record.
    ///
    /// - Returns: false, with nothing changed, if the notice was taken again, or is not there any more.
    func settleNotice(_ ticket: NoticeTicket, _ result: NoticeResult, at: Timestamp) async throws(LedgerError) -> Bool

    /// Returns the destinations that have pending notices, in order.
    func noticeBacklog() async throws(LedgerError) -> [NoticeBacklog]

    /// Returns the latest first.
    func notices(_ query: NoticeQuery) async throws(LedgerError) -> [NoticeRecord]

    /// Makes notices due at once, also those that were sent, and adds `entry` to the audit trail.
    ///
    /// - Returns: how many.
    func retryNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int

    /// Removes notices, pending or sent, and adds `entry` to the audit trail.
    ///
    /// - Returns: how many.
    func discardNotices(_ query: NoticeQuery, _ entry: AuditEntry) async throws(LedgerError) -> Int

    /// Removes up to `limit` notices that were sent before a time.
    ///
    /// - Returns: how many.
    func pruneNotices(sentBefore: Timestamp, limit: Int) async throws(LedgerError) -> Int
}
