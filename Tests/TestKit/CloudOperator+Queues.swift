/// A queue and the dead-letter queue that its redrive policy names.
package struct Queue: Decodable, Sendable {
    package let url: String
    package let deadLetters: String?
}

package struct QueueCounts: Decodable, Sendable, Equatable {
    package let visible: Int
    package let inFlight: Int

    package init(visible: Int, inFlight: Int) {
        self.visible = visible
        self.inFlight = inFlight
    }

    package static let none = QueueCounts(visible: 0, inFlight: 0)
}

package struct AttributedMessage: Decodable, Sendable {
    package let body: String
    package let attributes: [String: String]
}

/// The route of a bucket's events to a queue.
package enum NotificationRoute: String, CaseIterable, Sendable {
    case direct
    case sns
    case rawSNS = "sns-raw"
    case eventBridge = "event-bridge"
}

extension CloudOperator {
    /// - Parameters:
    ///   - visibility: the visibility timeout in seconds.
    ///   - receives: the redrive policy's `maxReceiveCount`; nil creates no dead-letter queue.
    package func createQueue(_ name: String, visibility: Int = 30, receives: Int? = nil) async throws -> Queue {
        let named: [String: JSONValue] = [
            "name": .text(name), "visibility": JSONValue(visibility), "receives": JSONValue(receives),
        ]
        return try await call("create-queue", named, as: Queue.self)
    }

    /// Sends the bucket's ObjectCreated events to the queue. Every route but EventBridge sends a test event first.
    package func notify(
        _ queue: Queue, of bucket: String, by route: NotificationRoute = .direct, prefix: String = ""
    ) async throws {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "queue": .text(queue.url), "route": .text(route.rawValue), "prefix": .text(prefix),
        ]
        try await call("notify", named)
    }

    /// Creates a topic that hands what is published on to a queue. Returns its ARN.
    package func createTopic(_ name: String, for queue: Queue) async throws -> String {
        try await call("create-topic", ["name": .text(name), "queue": .text(queue.url)], as: String.self)
    }

    /// Creates an event bus whose events of a type go to a queue.
    package func createBus(_ name: String, for queue: Queue, detailType: String) async throws {
        let named: [String: JSONValue] = [
            "name": .text(name), "queue": .text(queue.url), "detail_type": .text(detailType),
        ]
        try await call("create-bus", named)
    }

    package func send(_ body: String, to queue: Queue) async throws {
        try await call("send", ["queue": .text(queue.url), "body": .text(body)])
    }

    package func counts(_ queue: String) async throws -> QueueCounts {
        try await call("counts", ["queue": .text(queue)], as: QueueCounts.self)
    }

    /// Receives and deletes up to `count` messages within `seconds`. Returns their bodies.
    package func take(_ count: Int, from queue: String, seconds: Int = 10) async throws -> [String] {
        let named: [String: JSONValue] = [
            "queue": .text(queue), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await call("take", named, as: [String].self)
    }

    /// The same with the string attributes of each message.
    package func takeWithAttributes(
        _ count: Int, from queue: String, seconds: Int = 10
    ) async throws -> [AttributedMessage] {
        let named: [String: JSONValue] = [
            "queue": .text(queue), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await call("take-with-attributes", named, as: [AttributedMessage].self)
    }

    /// Waits until the queue has at least `count` messages, visible or in flight. Returns the number found last.
    package func awaitMessages(_ count: Int, in queue: Queue, seconds: Int = 20) async throws -> Int {
        let named: [String: JSONValue] = [
            "queue": .text(queue.url), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await call("await-messages", named, as: Int.self)
    }
}
