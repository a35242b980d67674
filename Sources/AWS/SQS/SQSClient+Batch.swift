internal import Support

extension SQSClient {
    /// Deletes messages.
    ///
    /// - Returns: an entry for each handle, in order: nil if the message was deleted, otherwise the failure.
    package func delete(_ handles: [String]) async throws(AWSError) -> [SQSBatchFailure?] {
        try await batch("DeleteMessageBatch", handles) { handle, json in json.field("ReceiptHandle", handle) }
            .map { $0.failure }
    }

    /// Sets messages' visibility timeouts, from 0 to 12 hours from now.
    ///
    /// - Returns: an entry for each change, in order: nil if it was made, otherwise the failure.
    package func changeVisibility(
        _ changes: [(handle: String, timeout: Duration)]
    ) async throws(AWSError) -> [SQSBatchFailure?] {
        try await batch("ChangeMessageVisibilityBatch", changes) { change, json in
            json.field("ReceiptHandle", change.handle)
            json.field("VisibilityTimeout", change.timeout.wholeSeconds)
        }
        .map { $0.failure }
    }

    /// Sends messages, to a FIFO queue with group and deduplication id (Amazon SQS API Reference, "SendMessageBatch").
    ///
    /// - Returns: an entry for each message, in order: its id or the failure.
    package func sendBatch(
        _ messages: [SQSOutgoingMessage], timeout: Duration = .seconds(30)
    ) async throws(AWSError) -> [Result<String, SQSBatchFailure>] {
        try await batch("SendMessageBatch", messages, timeout: timeout) { message, json in
            json.field("MessageBody", message.body)
            if !message.attributes.isEmpty { write(message.attributes, to: &json) }
            guard isFIFO else { return }
            json.field("MessageGroupId", message.group)
            json.field("MessageDeduplicationId", message.deduplication)
        }
        .map { entry in entry.failure.map { .failure($0) } ?? .success(entry.messageID ?? "") }
    }

    /// Sends entries in batches of ten. Their ids are their positions, so that results in any order can be matched.
    ///
    /// If a later request fails, the results of the earlier ones are kept and its entries fail one by one.
    private func batch<Entry>(
        _ operation: String, _ entries: [Entry], timeout: Duration = .seconds(30),
        _ writeInput: (Entry, inout JSONWriter) -> Void
    ) async throws(AWSError) -> [BatchResult] {
        var results: [BatchResult] = []
        for start in stride(from: 0, to: entries.count, by: 10) {
            let group = entries[start..<min(start + 10, entries.count)]
            do throws(AWSError) {
                let output: BatchOutput = try await send(operation: operation, timeout: timeout) { json in
                    json.objects("Entries", group.enumerated()) { numbered, json in
                        json.field("Id", String(numbered.offset))
                        writeInput(numbered.element, &json)
                    }
                }
                results += output.results(count: group.count)
            } catch {
                if start == 0 { throw error }
                let failure = SQSBatchFailure(
                    code: error.code, message: error.message, isSenderFault: !error.isRetryable)
                results += group.map { _ in BatchResult(failure: failure) }
            }
        }
        return results
    }
}

/// The result of one entry.
struct BatchResult {
    var failure: SQSBatchFailure?
    var messageID: String?
}

struct BatchOutput: Decodable {
    struct Successful: Decodable {
        let id: String
        let messageID: String?

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case messageID = "MessageId"
        }
    }

    struct Failed: Decodable {
        let id: String
        let code: String?
        let message: String?
        let senderFault: Bool?

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case code = "Code"
            case message = "Message"
            case senderFault = "SenderFault"
        }
    }

    let successful: [Successful]?
    let failed: [Failed]?

    enum CodingKeys: String, CodingKey {
        case successful = "Successful"
        case failed = "Failed"
    }

    /// Returns the results by position. An entry that the response omits, or reports as both successful and failed, has
    /// failed.
    func results(count: Int) -> [BatchResult] {
        let missing = SQSBatchFailure(
            code: "NotAnswered", message: "the response does not mention the entry", isSenderFault: false)
        var results = Array(repeating: BatchResult(failure: missing), count: count)
        for done in successful ?? [] {
            guard let position = Int(done.id), results.indices.contains(position) else { continue }
            results[position] = BatchResult(messageID: done.messageID)
        }
        for failed in self.failed ?? [] {
            guard let position = Int(failed.id), results.indices.contains(position) else { continue }
            let failure = SQSBatchFailure(
                code: failed.code ?? "Unknown", message: failed.message ?? "",
                isSenderFault: failed.senderFault ?? false)
            results[position] = BatchResult(failure: failure)
        }
        return results
    }
}
