package import Domain

/// A received message.
package struct SQSMessage: Sendable {
    package let id: String
    /// Valid for this receive; the next one has another handle.
    package let receiptHandle: String
    package let body: String
    /// How often it was received, including this time.
    package let receiveCount: Int
    package let sentAt: Timestamp?
    package let firstReceivedAt: Timestamp?

    package init(
        id: String, receiptHandle: String, body: String, receiveCount: Int, sentAt: Timestamp?,
        firstReceivedAt: Timestamp?
    ) {
        self.id = id
        self.receiptHandle = receiptHandle
        self.body = body
        self.receiveCount = receiveCount
        self.sentAt = sentAt
        self.firstReceivedAt = firstReceivedAt
    }
}

/// A message to send.
package struct SQSOutgoingMessage: Sendable, Hashable {
    package let body: String
    /// A FIFO queue delivers the messages of a group one after the other. Other queues have no groups.
    package let group: String
    /// A FIFO queue takes a message once within five minutes, however often it is sent under this id.
    package let deduplication: String
    /// String attributes by name.
    package let attributes: [String: String]

    package init(body: String, group: String, deduplication: String, attributes: [String: String] = [:]) {
        self.body = body
        self.group = group
        self.deduplication = deduplication
        self.attributes = attributes
    }
}

/// The failure of one entry of a batch.
package struct SQSBatchFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Such as `ReceiptHandleIsInvalid`; `NotAnswered` if the response does not mention the entry.
    package let code: String
    package let message: String
    /// Whether the entry itself is wrong, so that another attempt would also fail.
    package let isSenderFault: Bool

    package init(code: String, message: String, isSenderFault: Bool) {
        self.code = code
        self.message = message
        self.isSenderFault = isSenderFault
    }

    package var description: String { message.isEmpty ? code : "\(code): \(message)" }

    package var kind: AWSError.Kind { AWSError.Kind(code: code, isSenderFault: isSenderFault) }
}

/// The attributes of a queue.
package struct QueueAttributes: Sendable, Hashable {
    package let arn: String?
    package let visibilityTimeout: Duration?
    /// Approximate, like all three counts.
    package let visible: Int
    package let inFlight: Int
    package let delayed: Int
    package let redrive: Redrive?
    /// Whether it delivers the messages of a group in order. S3 itself notifies no such queue.
    package let isFIFO: Bool
    /// Who may do what with the queue, as JSON; nil if it has no policy.
    package let policy: String?

    /// The redrive policy: messages received more than `maxReceiveCount` times go to the dead-letter queue.
    package struct Redrive: Sendable, Hashable {
        package let deadLetterARN: String
        package let maxReceiveCount: Int

        package init(deadLetterARN: String, maxReceiveCount: Int) {
            self.deadLetterARN = deadLetterARN
            self.maxReceiveCount = maxReceiveCount
        }
    }

    package init(
        arn: String?, visibilityTimeout: Duration?, visible: Int, inFlight: Int, delayed: Int, redrive: Redrive?,
        isFIFO: Bool = false, policy: String? = nil
    ) {
        self.arn = arn
        self.visibilityTimeout = visibilityTimeout
        self.visible = visible
        self.inFlight = inFlight
        self.delayed = delayed
        self.redrive = redrive
        self.isFIFO = isFIFO
        self.policy = policy
    }
}
