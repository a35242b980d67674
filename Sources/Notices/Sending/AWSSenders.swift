package import AWS
internal import Domain
package import Ledger

/// Publishes notices on an SNS topic.
package struct SNSSender: NoticeSender {
    private let topic: SNSClient

    package init(_ topic: SNSClient) { self.topic = topic }

    package func send(_ notice: NewNotice) async throws(SendFailure) {
        do throws(AWSError) {
            try await topic.publish(
                notice.body, attributes: notice.attributes.byName, group: topic.isFIFO ? notice.group : nil,
                deduplication: topic.isFIFO ? notice.id : nil, timeout: sendTimeout)
        } catch { throw SendFailure(error) }
    }

    package func check() async throws(SendFailure) -> String {
        try await existence(of: "topic", permission: "sns:GetTopicAttributes") { () async throws(AWSError) in
            try await topic.attributes(timeout: sendTimeout)
        }
    }
}

/// Sends notices to an SQS queue.
package struct SQSSender: NoticeSender {
    private let queue: SQSClient

    package init(_ queue: SQSClient) { self.queue = queue }

    package func send(_ notice: NewNotice) async throws(SendFailure) {
        do throws(AWSError) {
            _ = try await queue.send(
                notice.body, attributes: notice.attributes.byName, group: queue.isFIFO ? notice.group : nil,
                deduplication: queue.isFIFO ? notice.id : nil, timeout: sendTimeout)
        } catch { throw SendFailure(error) }
    }

    package func check() async throws(SendFailure) -> String {
        try await existence(of: "queue", permission: "sqs:GetQueueAttributes") { () async throws(AWSError) in
            _ = try await queue.attributes()
        }
    }
}

/// Puts notices on an EventBridge event bus.
package struct EventBridgeSender: NoticeSender {
    private let bus: EventBridgeClient

    package init(_ bus: EventBridgeClient) { self.bus = bus }

    package func send(_ notice: NewNotice) async throws(SendFailure) {
        do throws(AWSError) {
            try await bus.put(
                detail: notice.body, type: notice.attributes.kind.detailType, source: "lazaret",
                resources: ["arn:\(bus.partition):s3:::\(notice.attributes.bucket)"], timeout: sendTimeout)
        } catch { throw SendFailure(error) }
    }

    package func check() async throws(SendFailure) -> String {
        try await existence(of: "event bus", permission: "events:DescribeEventBus") { () async throws(AWSError) in
            try await bus.describe(timeout: sendTimeout)
        }
    }
}

/// Asks a destination whether it exists, which takes a permission that sending does not need.
///
/// - Returns: what `lazaret check` prints.
private func existence(
    of destination: String, permission: String, _ ask: () async throws(AWSError) -> Void
) async throws(SendFailure) -> String {
    do throws(AWSError) {
        try await ask()
        return "the \(destination) exists"
    } catch {
        if error.kind == .denied { return "not tried: allow \(permission), or use --write" }
        throw SendFailure(error)
    }
}

extension NewNotice {
    /// FIFO destinations deliver the notices about one job in the order in which they were sent.
    fileprivate var group: String { job?.text ?? id }
}

extension NoticeKind {
    var detailType: String {
        switch self {
        case .received: "Lazaret Object Received"
        case .outcome: "Lazaret Object Outcome"
        case .review: "Lazaret Object Review"
        case .test: "Lazaret Test"
        }
    }
}

extension SendFailure {
    /// Wrong values concern the notice; everything else, wrong permissions included, the destination.
    init(_ error: AWSError) {
        let kind: Kind =
            switch error.kind {
            case .cancelled: .cancelled
            case .invalid where error.status == 400 || error.status == 200 || error.status == 413: .refused
            case .throttled, .transient, .timedOut, .unreachable, .notFound, .denied, .preconditionFailed, .conflict,
                .credentials, .skewed, .invalid:
                .unavailable
            }
        self.init(kind, "\(error)")
    }
}
