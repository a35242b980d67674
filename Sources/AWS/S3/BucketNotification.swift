internal import HTTP

/// Whom a bucket notifies of which events.
package struct BucketNotification: Sendable, Equatable {
    /// One configuration: a target, the events and the filter on keys.
    package struct Rule: Sendable, Equatable {
        /// The ARN of a queue, a topic or a function.
        package var target = ""
        /// Such as `s3:ObjectCreated:*`.
        package var events: [String] = []
        package var prefix = ""
        package var suffix = ""

        package init(target: String = "", events: [String] = [], prefix: String = "", suffix: String = "") {
            self.target = target
            self.events = events
            self.prefix = prefix
            self.suffix = suffix
        }
    }

    package var queues: [Rule]
    package var topics: [Rule]
    package var usesEventBridge: Bool

    package init(queues: [Rule] = [], topics: [Rule] = [], usesEventBridge: Bool = false) {
        self.queues = queues
        self.topics = topics
        self.usesEventBridge = usesEventBridge
    }
}

extension S3Client {
    /// Returns whom the bucket notifies (Amazon S3 API Reference, "GetBucketNotificationConfiguration").
    package func notification(of bucket: String) async throws(AWSError) -> BucketNotification {
        var call = call("GetBucketNotificationConfiguration", "GET", bucket: bucket)
        call.addQuery("notification")
        return try await client.send(call) { response throws(AWSError) in
            var reading = NotificationReader()
            do {
                try XMLReader.read(response.body) { path, text in reading.take(path, text) }
            } catch { throw AWSError(unreadable: response, to: call, error) }
            guard reading.isAnswer else {
                throw AWSError(
                    call, kind: .invalid, code: "UnreadableAnswer",
                    message: "the answer does not say whom the bucket notifies", head: response.head)
            }
            return reading.notification
        }
    }
}

/// Builds a notification from the elements as they end.
private struct NotificationReader {
    var notification = BucketNotification()
    var isAnswer = false
    private var rule = BucketNotification.Rule()
    private var filter = (name: "", value: "")

    mutating func take(_ path: [String], _ text: String) {
        guard path.first == "NotificationConfiguration" else { return }
        switch (path.count, path.last) {
        case (1, _): isAnswer = true
        case (2, "EventBridgeConfiguration"): notification.usesEventBridge = true
        case (2, "QueueConfiguration"): close { $0.queues.append($1) }
        case (2, "TopicConfiguration"): close { $0.topics.append($1) }
        case (2, _): close { _, _ in }
        case (3, "Queue"), (3, "Topic"): rule.target = text
        case (3, "Event"): rule.events.append(text)
        case (_, "Name"): filter.name = text
        case (_, "Value"): filter.value = text
        case (_, "FilterRule"):
            // S3 accepts the name in any case.
            if filter.name.lowercased() == "prefix" { rule.prefix = filter.value }
            if filter.name.lowercased() == "suffix" { rule.suffix = filter.value }
            filter = ("", "")
        default: break
        }
    }

    private mutating func close(_ add: (inout BucketNotification, BucketNotification.Rule) -> Void) {
        add(&notification, rule)
        rule = BucketNotification.Rule()
    }
}
