package import AWS

/// The queue that an `EventSender` sends to: Amazon SQS, or a queue in memory in a test.
package protocol SendingQueue: Sendable {
    /// Sends up to 10 messages.
    ///
    /// - Returns: an element for each message, in the same order: nil if it was sent.
    func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?]
}

extension SQSClient: SendingQueue {
    package func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        try await sendBatch(messages).map { result in
            if case .failure(let failure) = result { failure } else { nil }
        }
    }
}
