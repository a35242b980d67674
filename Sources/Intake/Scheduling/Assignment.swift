internal import AWS
package import Domain

/// One record of a message, with the lease under which it is worked on.
package struct Assignment: Sendable {
    package enum Work: Sendable {
        case job(Job)
        /// Record it, then settle with `retry`. Its message goes on to the dead-letter queue even if settled as `done`.
        case unreadable(UnreadableBody)
    }

    package let work: Work
    package let lease: Lease
    package let messageID: String
    /// When SQS first delivered the message to anyone; if SQS does not say, when it delivered it to us.
    package let receivedAt: Timestamp
    /// How often SQS has delivered the message, this time included.
    package let receiveCount: Int
    /// Whether SQS moves the message to the dead-letter queue unless it is acknowledged this time.
    package let isLastReceive: Bool
    /// Why the work must not be started: record that in the ledger, then settle with `retry`. Nil for work to be done.
    /// Only messages on their last receive are dispatched this way; others just return to the queue.
    package private(set) var abandonReason: String?
    /// How often the work was started and parked.
    private(set) var tries = 0
    /// Whether the work starts although others like it are parked.
    private(set) var isProbe = false
    private let handle: SettlementHandle

    /// Names the record while it is in hand.
    var id: ObjectIdentifier { ObjectIdentifier(handle) }

    init(work: Work, message: HeldMessage, handle: SettlementHandle) {
        self.work = work
        self.handle = handle
        lease = message.lease
        messageID = message.id
        receivedAt = message.receivedAt
        receiveCount = message.receiveCount
        isLastReceive = message.isLastReceive
    }

    /// Ends the work. Once all records of the message are settled, it is acknowledged if each is `done`; otherwise it
    /// returns to the queue. Calls after the first do nothing. An assignment released without a call is retried.
    package func settle(_ settlement: Settlement) { handle.settle(settlement) }

    func tried() -> Assignment {
        var copy = self
        copy.tries += 1
        copy.isProbe = false
        return copy
    }

    func asProbe() -> Assignment {
        var copy = self
        copy.isProbe = true
        return copy
    }

    /// Returns the same record as work that must not be started.
    func abandoned(_ reason: String) -> Assignment {
        var copy = self
        copy.abandonReason = reason
        return copy
    }
}

/// A body, or one record of it, that can't be read.
package struct UnreadableBody: Sendable, Equatable {
    package let messageID: String
    package let reason: String
    /// The beginning of the body, up to 1024 bytes.
    package let bodyPrefix: String
    package let receiveCount: Int
    /// The index of the record; nil if the whole body can't be read.
    package let record: Int?

    init(message: SQSMessage, reason: String, record: Int?) {
        messageID = message.id
        self.reason = reason
        bodyPrefix = String(decoding: message.body.utf8.prefix(1024), as: UTF8.self)
        receiveCount = message.receiveCount
        self.record = record
    }
}
