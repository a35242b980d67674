package import AWS

extension SQSClient: MessageQueue {
    package func receive(max: Int, wait: Duration, visibility: Duration) async throws -> [QueuedMessage] {
        let messages: [SQSMessage] = try await receive(max: max, wait: wait, visibility: Optional(visibility))
        return messages.map { message in
            QueuedMessage(
                id: message.id, receipt: message.receiptHandle, body: message.body, receiveCount: message.receiveCount,
                firstReceivedAt: message.firstReceivedAt)
        }
    }

    package func delete(_ receipts: [String]) async throws -> [QueueFailure?] {
        let failures: [SQSBatchFailure?] = try await delete(receipts)
        return failures.map { $0.map(QueueFailure.init) }
    }

    package func changeVisibility(_ changes: [VisibilityChange]) async throws -> [QueueFailure?] {
        let failures: [SQSBatchFailure?] = try await changeVisibility(
            changes.map { (handle: $0.receipt, timeout: $0.timeout) })
        return failures.map { $0.map(QueueFailure.init) }
    }
}

extension QueueFailure {
    fileprivate init(_ failure: SQSBatchFailure) { self.init(code: failure.code, message: failure.message) }
}

extension AWSError: TransientlyFailing {
    package var isTransient: Bool { isRetryable }
}
