package import Domain

/// The queue that the intake works on: Amazon SQS, or what a test puts in its place.
package protocol MessageQueue: Sendable {
    /// Up to `max` (1...10) messages, hidden from others for `visibility` from now on; none after `wait` without any.
    /// `wait` and `visibility` are whole seconds.
    func receive(max: Int, wait: Duration, visibility: Duration) async throws -> [QueuedMessage]

    /// Deletes up to 10 messages. The result has an element for each receipt, at its place: nil where it is deleted.
    func delete(_ receipts: [String]) async throws -> [QueueFailure?]

    /// Hides up to 10 messages for another time from now on; zero shows them at once. The result is as that of `delete`.
    func changeVisibility(_ changes: [VisibilityChange]) async throws -> [QueueFailure?]
}

package struct QueuedMessage: Sendable {
    package let id: String
    /// Names this one delivery of the message.
    package let receipt: String
    package let body: String
    /// How often the message was received, this time included.
    package let receiveCount: Int
    package let firstReceivedAt: Timestamp?

    package init(id: String, receipt: String, body: String, receiveCount: Int, firstReceivedAt: Timestamp?) {
        self.id = id
        self.receipt = receipt
        self.body = body
        self.receiveCount = receiveCount
        self.firstReceivedAt = firstReceivedAt
    }
}

package struct VisibilityChange: Sendable, Equatable {
    package let receipt: String
    /// Whole seconds, 0 to 12 hours.
    package let timeout: Duration

    package init(receipt: String, timeout: Duration) {
        self.receipt = receipt
        self.timeout = timeout
    }
}

/// Why one entry of a batch failed, in the queue's own words.
package struct QueueFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: String
    package let message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }
}

/// An error that knows whether the same call may succeed later.
package protocol TransientlyFailing: Error {
    /// False where trying again changes nothing: the queue does not exist, access is denied.
    var isTransient: Bool { get }
}

/// The error of a queue that can't be worked on at all.
package struct QueueUnusable: Error, CustomStringConvertible {
    package let cause: any Error

    package var description: String {
        "the queue gives no messages: \(cause). Check its URL, the region, and that sqs:ReceiveMessage is allowed"
    }
}

extension QueueFailure {
    /// What a refusal to change a message's visibility, or to delete it, says of the lease (Amazon SQS API Reference,
    /// "ChangeMessageVisibility", "Errors").
    enum Meaning {
        /// The delivery that the receipt names is over: the message is gone or with somebody else.
        case lost
        /// The message was held for the 12 hours that SQS allows.
        case tooOld
        /// Anything else; it may work at the next try.
        case passing
    }

    var meaning: Meaning {
        // Some codes carry the service's name in front: `AWS.SimpleQueueService.MessageNotInflight`.
        switch code.split(separator: ".").last {
        case "ReceiptHandleIsInvalid", "MessageNotInflight": .lost
        case "InvalidParameterValue" where message.contains("VisibilityTimeout for the message is beyond the limit"):
            .tooOld
        case "InvalidParameterValue" where Self.lostReceipts.contains(where: message.contains): .lost
        default: .passing
        }
    }

    private static let lostReceipts = [
        "ReceiptHandle", "receipt handle", "does not exist", "not available for visibility timeout change",
    ]
}
