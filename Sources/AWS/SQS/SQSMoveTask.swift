package import Domain
internal import FoundationEssentials
internal import Support

/// The moving of a dead-letter queue's messages by SQS itself, as it tells of it (Amazon SQS API Reference,
/// "ListMessageMoveTasks").
package struct SQSMoveTask: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case running = "RUNNING"
        case completed = "COMPLETED"
        case cancelling = "CANCELLING"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    /// Names the task while it runs; SQS leaves it out afterwards.
    package let handle: String?
    /// Nil for a word that is none of those above.
    package let status: Status?
    /// Approximate; a task that has just begun tells of none.
    package let moved: Int
    /// Approximate, as the queue's length was when the task began; nil where it is not told.
    package let toMove: Int?
    /// Why it failed, where it did.
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
    /// Begins to move all messages of a dead-letter queue. A queue has one such task at a time.
    ///
    /// - Parameters:
    ///   - source: the dead-letter queue's ARN.
    ///   - destination: the ARN of the queue that they go to; nil: each to the one that it came from.
    ///   - rate: messages a second at the most, 1 to 500; nil: as SQS sees fit.
    /// - Returns: the task's handle.
    package func startMove(
        from source: String, to destination: String?, rate: Int?
    ) async throws(AWSError) -> String {
        struct Started: Decodable {
            let handle: String

            enum CodingKeys: String, CodingKey { case handle = "TaskHandle" }
        }
        let answer: Started = try await ask("StartMessageMoveTask", namingQueue: false) { json in
            json.field("SourceArn", source)
            json.field("DestinationArn", destination)
            json.field("MaxNumberOfMessagesPerSecond", rate)
        }
        return answer.handle
    }

    /// The latest task of a dead-letter queue; nil where it never had one.
    package func latestMove(from source: String) async throws(AWSError) -> SQSMoveTask? {
        let answer: MoveTasks = try await ask("ListMessageMoveTasks", namingQueue: false) { json in
            json.field("SourceArn", source)
            json.field("MaxResults", 1)
        }
        return answer.results?.first?.task
    }

    /// Stops a task. What was moved before stays where it went.
    ///
    /// - Returns: how many messages it has moved, approximately.
    @discardableResult
    package func cancelMove(_ handle: String) async throws(AWSError) -> Int {
        struct Cancelled: Decodable {
            let moved: Int?

            enum CodingKeys: String, CodingKey { case moved = "ApproximateNumberOfMessagesMoved" }
        }
        let answer: Cancelled = try await ask("CancelMessageMoveTask", namingQueue: false) { json in
            json.field("TaskHandle", handle)
        }
        return answer.moved ?? 0
    }
}

struct MoveTasks: Decodable {
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
    /// Whether the service does not know the operation at all, as stand-ins for SQS often do not.
    package var isUnknownOperation: Bool {
        status == 501
            || ["InvalidAction", "UnknownOperation", "UnknownOperationException", "NotImplemented"].contains {
                code == $0 || code.hasSuffix(".\($0)")
            }
    }
}
