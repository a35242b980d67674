package import AWS

/// The queue that an intake receives from: Amazon SQS, or a queue in memory in a test.
///
/// This port and `SendingQueue` speak the types of the AWS module, as `ObjectStore` in Transfer does. They have the
/// shape of SQS's API, and own copies would be converted one to one at each call.
package protocol MessageQueue: Sendable {
    /// Receives up to `max` (1...10) messages, and hides them from other receivers for `visibility` from now on.
    /// Returns none if `wait` passes without any.
    ///
    /// - Parameters:
    ///   - wait: whole seconds.
    ///   - visibility: whole seconds; nil means the queue's own.
    func receive(max: Int, wait: Duration, visibility: Duration?) async throws(AWSError) -> [SQSMessage]

    /// Deletes up to 10 messages.
    ///
    /// - Returns: an element for each handle, in the same order: nil if the message was deleted.
    func delete(_ receiptHandles: [String]) async throws(AWSError) -> [SQSBatchFailure?]

    /// Changes how long up to 10 messages stay hidden from now on; zero makes a message visible at once.
    ///
    /// - Parameter changes: timeouts in whole seconds, 0 to 12 hours.
    /// - Returns: as `delete`.
    func changeVisibility(
        _ changes: [(handle: String, timeout: Duration)]
    ) async throws(AWSError) -> [SQSBatchFailure?]
}

extension SQSClient: MessageQueue {}

extension AWSError {
    /// Whether the queue can't be received from as it is configured: it does not exist, or the request is wrong. Denied
    /// access and refused credentials are mended without a restart, and messages that are too large together are
    /// asked for in smaller numbers.
    var isOfConfiguration: Bool {
        switch kind {
        case .notFound, .invalid: !isTooLarge
        case .throttled, .transient, .timedOut, .unreachable, .denied, .preconditionFailed, .conflict, .credentials,
            .skewed, .cancelled:
            false
        }
    }

    /// Whether the answer was longer than the HTTP client buffers.
    var isTooLarge: Bool { code == "tooLarge" }
}

/// The error of an intake whose first request was refused for good.
package struct QueueUnusable: Error, CustomStringConvertible {
    package let cause: AWSError

    package var description: String {
        "cannot receive messages from the queue: \(cause). "
            + "Check its URL, the region, and that sqs:ReceiveMessage is allowed"
    }
}
