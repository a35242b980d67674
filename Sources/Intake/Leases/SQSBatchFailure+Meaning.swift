internal import AWS

extension SQSBatchFailure {
    /// What a refused change of a message's visibility, or a refused delete, means for the lease (Amazon SQS API
    /// Reference, "ChangeMessageVisibility", "Errors").
    enum Meaning {
        /// The delivery that the receipt handle names is over: the message was deleted, or another receiver has it.
        case lost
        /// The message was held for the 12 hours that SQS allows.
        case tooOld
        /// Anything else; the next try may succeed.
        case transient
    }

    var meaning: Meaning {
        // Some codes are prefixed by the service's name: `AWS.SimpleQueueService.MessageNotInflight`.
        switch code.split(separator: ".").last {
        case "ReceiptHandleIsInvalid", "MessageNotInflight": .lost
        case "InvalidParameterValue" where message.contains("VisibilityTimeout for the message is beyond the limit"):
            .tooOld
        case "InvalidParameterValue" where Self.lostReceipts.contains(where: message.contains): .lost
        default: .transient
        }
    }

    private static let lostReceipts = [
        "ReceiptHandle", "receipt handle", "does not exist", "not available for visibility timeout change",
    ]
}

/// Returns the failures of a batch request, entry by entry. If the request fails as a whole, or its answer has another
/// number of entries, every entry has failed.
func batchFailures(
    count: Int, of request: () async throws(AWSError) -> [SQSBatchFailure?]
) async -> [SQSBatchFailure?] {
    let failure: SQSBatchFailure
    do throws(AWSError) {
        let failures = try await request()
        if failures.count == count { return failures }
        failure = SQSBatchFailure(
            code: "Unanswered", message: "\(failures.count) results for \(count) entries", isSenderFault: false)
    } catch {
        failure = SQSBatchFailure(code: "RequestFailed", message: "\(error)", isSenderFault: false)
    }
    return Array(repeating: failure, count: count)
}
