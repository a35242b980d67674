internal import Support

extension SQSClient {
    /// Deletes messages for good.
    ///
    /// - Returns: as many entries as handles, in their order: nil where it was done, else why not.
    package func delete(_ handles: [String]) async throws(AWSError) -> [SQSBatchFailure?] {
        try await batch("DeleteMessageBatch", handles) { handle, json in json.field("ReceiptHandle", handle) }
            .map { $0.failure }
    }

    /// Sets anew, from now on, for how long messages stay hidden from others: 0 to 12 hours.
    ///
    /// - Returns: as many entries as changes, in their order: nil where it was done, else why not.
    package func changeVisibility(
        _ changes: [(handle: String, timeout: Duration)]
    ) async throws(AWSError) -> [SQSBatchFailure?] {
        try await batch("ChangeMessageVisibilityBatch", changes) { change, json in
            json.field("ReceiptHandle", change.handle)
            json.field("VisibilityTimeout", change.timeout.wholeSeconds)
        }
        .map { $0.failure }
    }

    /// Sends messages.
    ///
    /// - Returns: as many entries as bodies, in their order: the message's id, or why it was not sent.
    package func sendBatch(
        _ bodies: [String], attributes: [String: String] = [:]
    ) async throws(AWSError) -> [Result<String, SQSBatchFailure>] {
        try await batch("SendMessageBatch", bodies) { body, json in
            json.field("MessageBody", body)
            if !attributes.isEmpty { write(attributes, to: &json) }
        }
        .map { entry in entry.failure.map { .failure($0) } ?? .success(entry.messageID ?? "") }
    }

    /// Does the entries ten at a time. Their ids are their positions, so that an answer in any order finds them again.
    ///
    /// A request that fails after others of the same call went well is no reason to forget those: its entries fail one by one.
    private func batch<Entry>(
        _ operation: String, _ entries: [Entry], _ fill: (Entry, inout JSONWriter) -> Void
    ) async throws(AWSError) -> [BatchEntry] {
        var results: [BatchEntry] = []
        for start in stride(from: 0, to: entries.count, by: 10) {
            let group = entries[start..<min(start + 10, entries.count)]
            do throws(AWSError) {
                let answer: BatchAnswer = try await ask(operation) { json in
                    json.objects("Entries", group.enumerated()) { numbered, json in
                        json.field("Id", String(numbered.offset))
                        fill(numbered.element, &json)
                    }
                }
                results += answer.entries(count: group.count)
            } catch {
                if start == 0 { throw error }
                let failure = SQSBatchFailure(
                    code: error.code, message: error.message, isSenderFault: !error.isRetryable)
                results += group.map { _ in BatchEntry(failure: failure) }
            }
        }
        return results
    }
}

/// What became of one entry.
struct BatchEntry {
    var failure: SQSBatchFailure?
    var messageID: String?
}

struct BatchAnswer: Decodable {
    struct Done: Decodable {
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

    let successful: [Done]?
    let failed: [Failed]?

    enum CodingKeys: String, CodingKey {
        case successful = "Successful"
        case failed = "Failed"
    }

    /// By position. An entry that the answer does not speak of, or of which it says both, is not done.
    func entries(count: Int) -> [BatchEntry] {
        let silence = SQSBatchFailure(
            code: "NotAnswered", message: "the answer does not say what became of it", isSenderFault: false)
        var entries = Array(repeating: BatchEntry(failure: silence), count: count)
        for done in successful ?? [] {
            guard let position = Int(done.id), entries.indices.contains(position) else { continue }
            entries[position] = BatchEntry(messageID: done.messageID)
        }
        for failed in self.failed ?? [] {
            guard let position = Int(failed.id), entries.indices.contains(position) else { continue }
            let failure = SQSBatchFailure(
                code: failed.code ?? "Unknown", message: failed.message ?? "",
                isSenderFault: failed.senderFault ?? false)
            entries[position] = BatchEntry(failure: failure)
        }
        return entries
    }
}
