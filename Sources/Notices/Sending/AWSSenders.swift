package import AWS
internal import Domain
package import Ledger
internal import Support

/// Publishes notices on an SNS topic.
package struct SNSSender: NoticeSender {
    private let topic: SNSClient

    package init(_ topic: SNSClient) { self.topic = topic }

    package var batchSize: Int { largestBatch }

    package func send(_ notices: [NewNotice]) async -> [SendFailure?] {
        await results(of: notices) { (notices) async throws(AWSError) in
            let messages = notices.map {
                SNSMessage($0.body, attributes: $0.attributes.byName, group: $0.group, deduplication: $0.id)
            }
            return try await topic.publish(messages, timeout: sendTimeout).map { $0.map { SendFailure($0) } }
        }
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

    package var batchSize: Int { largestBatch }

    package func send(_ notices: [NewNotice]) async -> [SendFailure?] {
        await results(of: notices) { (notices) async throws(AWSError) in
            let messages = notices.map {
                SQSOutgoingMessage(
                    body: $0.body, group: $0.group, deduplication: $0.id, attributes: $0.attributes.byName)
            }
            return try await queue.sendBatch(messages, timeout: sendTimeout).map { result in
                switch result {
                case .success: nil
                case .failure(let failure):
                    SendFailure(failure.kind == .invalid ? .refused : .unavailable, "\(failure)")
                }
            }
        }
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

    package var batchSize: Int { largestBatch }

    package func send(_ notices: [NewNotice]) async -> [SendFailure?] {
        await results(of: notices) { (notices) async throws(AWSError) in
            let events = notices.map {
                EventBridgeEvent(
                    source: "lazaret", type: $0.attributes.kind.detailType, detail: $0.body,
                    resources: ["arn:\(bus.partition):s3:::\($0.attributes.bucket)"])
            }
            return try await bus.put(events, timeout: sendTimeout).map { $0.map { SendFailure($0) } }
        }
    }

    package func check() async throws(SendFailure) -> String {
        try await existence(of: "event bus", permission: "events:DescribeEventBus") { () async throws(AWSError) in
            try await bus.describe(timeout: sendTimeout)
        }
    }
}

/// The most entries of a request to SNS, SQS and EventBridge.
private let largestBatch = 10

/// Sends a batch. If the service does not take the request because of what it holds, each notice is sent by itself, so
/// that one of them does not keep the others from being sent, until the destination fails in another way. Notices whose
/// turn has not come in time are handed back.
func results(
    of notices: [NewNotice], on clock: MonotonicClock = MonotonicClock(ContinuousClock()),
    _ send: ([NewNotice]) async throws(AWSError) -> [SendFailure?]
) async -> [SendFailure?] {
    let end = clock.now + lastCall
    var failure: SendFailure
    do throws(AWSError) { return try await send(notices) } catch { failure = SendFailure(error) }
    var results: [SendFailure?] = []
    for notice in notices where notices.count > 1 {
        guard failure.kind == .refused else { break }
        guard clock.now < end else {
            failure = SendFailure(.cancelled, "not sent yet: other notices of its batch took too long")
            break
        }
        do throws(AWSError) { results += try await send([notice]) } catch {
            failure = SendFailure(error)
            results.append(failure)
        }
    }
    return results + notices.dropFirst(results.count).map { _ in failure }
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
