package import Domain

/// A piece of work that the intake hands out: one record of a message, with the right to work on it.
package struct Assignment: Sendable {
    package enum Work: Sendable {
        case job(Job)
        /// To be recorded, then settled with `retry`; its message goes on to the dead-letter queue whatever it is
        /// settled with.
        case unreadable(UnreadableBody)
    }

    package let work: Work
    package let lease: Lease
    package let messageID: String
    /// When the queue first gave the message to anyone; where it does not tell, when it gave it to us.
    package let receivedAt: Timestamp
    /// How often the queue gave the message, this time included.
    package let receiveCount: Int
    /// Whether the queue moves the message to the dead-letter queue unless it is acknowledged this time.
    package let isLastReceive: Bool
    /// Why it is not to be worked on: the ledger is to be told, and it settled with `retry`. Nil of all others. Only work at its
    /// last receipt is handed out so: what goes back to the queue otherwise needs nobody to know.
    package private(set) var reasonGivenUp: String?
    private let ticket: SettlementHandle

    init(work: Work, message: HeldMessage, ticket: SettlementHandle) {
        self.work = work
        self.ticket = ticket
        lease = message.lease
        messageID = message.id
        receivedAt = message.receivedAt
        receiveCount = message.receiveCount
        isLastReceive = message.isLastReceive
    }

    /// Ends the work. Once all records of the message are settled it is acknowledged, if each is `done`; otherwise it
    /// goes back to the queue. Calls after the first do nothing. Letting go of an assignment without a call is a retry.
    package func settle(_ settlement: Settlement) async { ticket.settle(settlement) }

    /// The same, as work that is not to be done.
    func givenUp(_ reason: String) -> Assignment {
        var copy = self
        copy.reasonGivenUp = reason
        return copy
    }

    /// Gives the record up for now: its message comes again after a delay.
    func refuse(_ reason: String) { ticket.settle(.retry(reason)) }

    /// Gives the record up unstarted: its message goes back to be had at once.
    func handBack() { ticket.handBack() }
}

/// A body, or one record of it, that can't be read.
package struct UnreadableBody: Sendable, Equatable {
    package let messageID: String
    package let reason: String
    /// The body's beginning, up to 1024 bytes.
    package let bodyPrefix: String
    package let receiveCount: Int
    /// Which record, counted from 0; nil where it is the whole body.
    package let record: Int?

    init(message: QueuedMessage, reason: String, record: Int?) {
        messageID = message.id
        self.reason = reason
        bodyPrefix = String(decoding: message.body.utf8.prefix(1024), as: UTF8.self)
        receiveCount = message.receiveCount
        self.record = record
    }
}
