internal import Support

/// Settles one record of a message, once. If it is released unsettled, the record is retried: no message is
/// acknowledged, or waited for, because its work was dropped.
///
/// Settling may finish the message, which takes the intake's lock: never release a handle while holding that lock.
final class SettlementHandle: Sendable {
    /// The reason of a record that nobody settled, which is a fault of this program.
    static let dropped = "dropped before it was settled"

    private let message: HeldMessage
    /// Why the record can't be read, if so: its message is then never acknowledged.
    private let unreadableReason: String?
    private let isSettled = Locked(false)

    init(_ message: HeldMessage, unreadableReason: String?) {
        self.message = message
        self.unreadableReason = unreadableReason
    }

    deinit { settle(.retry(Self.dropped)) }

    /// Calls after the first do nothing.
    func settle(_ settlement: Settlement) {
        let isFirst = isSettled.withLock { isSettled in
            defer { isSettled = true }
            return !isSettled
        }
        guard isFirst else { return }
        if let unreadableReason, settlement != .handBack {
            message.settleRecord(.retry(unreadableReason), isUnreadable: true)
        } else {
            message.settleRecord(settlement)
        }
    }
}
