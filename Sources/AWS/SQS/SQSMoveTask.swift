package import Domain
internal import FoundationEssentials
internal import Support

/// A message move task, by which SQS itself redrives a dead-letter queue (Amazon SQS API Reference,
/// "ListMessageMoveTasks").
package struct SQSMoveTask: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case running = "RUNNING"
        case completed = "COMPLETED"
        case cancelling = "CANCELLING"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    /// Identifies the task while it runs; SQS omits it afterwards.
    package let handle: String?
    /// Nil if the status is unknown.
    package let status: Status?
    /// Approximate; 0 for a task that has just started.
    package let moved: Int
    /// The approximate length of the queue when the task started; nil if SQS does not report it.
    package let toMove: Int?
    /// Why it failed, if it failed.
    package let failureReason: String?
    package let startedAt: Timestamp?

    package init(
        handle: String?, status: Status?, moved: Int, toMove: Int?, failureReason: String?, startedAt: Timestamp?
    ) {
        self.handle = handle
        self.status = status
        self.moved = moved
        self.toMove = toMove
        self.failureReason = failureReason
        self.startedAt = startedAt
    }
}

extension SQSClient {
    /// Starts moving all messages of a dead-letter queue. A queue has one such task at a time.
    ///
    /// - Parameters:
    ///   - source: the dead-letter queue's ARN.
    ///   - destination: the ARN of the destination queue; nil moves each message to its original queue.
    ///   - rate: the maximum in messages a second, 1 to 500; nil lets SQS choose.
    /// - Returns: the task's handle.
    package func startMove(
        from source: String, to destination: String?, rate: Int?
    ) async throws(AWSError) -> String {
        struct Started: Decodable {
            let handle: String

            enum CodingKeys: String, CodingKey { case handle = "TaskHandle" }
        }
        let output: Started = try await send(operation: "StartMessageMoveTask", includesQueueURL: false) { json in
            json.field("SourceArn", source)
            json.field("DestinationArn", destination)
            json.field("MaxNumberOfMessagesPerSecond", rate)
        }
        return output.handle
    }

    /// Returns the latest task of a dead-letter queue, or nil if there has been none.
    package func latestMove(from source: String) async throws(AWSError) -> SQSMoveTask? {
        let output: ListMessageMoveTasksOutput = try await send(
            operation: "ListMessageMoveTasks", includesQueueURL: false
        ) { json in
            json.field("SourceArn", source)
            json.field("MaxResults", 1)
        }
        return output.results?.first?.task
    }

    /// Cancels a task. Messages already moved stay in their destination.
    ///
    /// - Returns: the approximate number of messages moved.
    @discardableResult
    package func cancelMove(_ handle: String) async throws(AWSError) -> Int {
        struct Cancelled: Decodable {
            let moved: Int?

            enum CodingKeys: String, CodingKey { case moved = "ApproximateNumberOfMessagesMoved" }
        }
        let output: Cancelled = try await send(operation: "CancelMessageMoveTask", includesQueueURL: false) { json in
            json.field("TaskHandle", handle)
        }
        return output.moved ?? 0
    }
}

struct ListMessageMoveTasksOutput: Decodable {
    struct Entry: Decodable {
        let handle: String?
        let status: String?
        let moved: Int?
        let toMove: Int?
        let failureReason: String?
        let started: Int64?

        enum CodingKeys: String, CodingKey {
            case handle = "TaskHandle"
            case status = "Status"
            case moved = "ApproximateNumberOfMessagesMoved"
            case toMove = "ApproximateNumberOfMessagesToMove"
            case failureReason = "FailureReason"
            case started = "StartedTimestamp"
        }

        var task: SQSMoveTask {
            SQSMoveTask(
                handle: handle, status: status.flatMap(SQSMoveTask.Status.init(rawValue:)), moved: moved ?? 0,
                toMove: toMove, failureReason: failureReason, startedAt: started.map { Timestamp(milliseconds: $0) })
        }
    }

    let results: [Entry]?

    enum CodingKeys: String, CodingKey { case results = "Results" }
}

extension AWSError {
    /// Whether the service does not implement the operation, as SQS emulators often do not.
    package var isUnknownOperation: Bool {
        status == 501
            || ["InvalidAction", "UnknownOperation", "UnknownOperationException", "NotImplemented"].contains {
                code == $0 || code.hasSuffix(".\($0)")
            }
    }
}
