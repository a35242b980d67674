/// A queue and, where its redrive policy names one, its dead-letter queue.
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

/// How a bucket's events come to a queue.
package enum NotificationRoute: String, CaseIterable, Sendable {
    case direct
    case sns
    case rawSNS = "sns-raw"
    case eventBridge = "event-bridge"
}

extension CloudOperator {
    /// - Parameters:
    ///   - visibility: seconds.
    ///   - receives: how often a message may be received before it goes to a dead-letter queue; nil for none.
    package func createQueue(_ name: String, visibility: Int = 30, receives: Int? = nil) async throws -> Queue {
        let named: [String: JSONValue] = [
            "name": .text(name), "visibility": JSONValue(visibility), "receives": JSONValue(receives),
        ]
        return try await ask("create-queue", named, as: Queue.self)
    }

    /// From now on the bucket's ObjectCreated events come to the queue. By any way but EventBridge, a test event comes first.
    package func notify(
        _ queue: Queue, of bucket: String, by route: NotificationRoute = .direct, prefix: String = ""
    ) async throws {
        let named: [String: JSONValue] = [
            "bucket": .text(bucket), "queue": .text(queue.url), "route": .text(route.rawValue), "prefix": .text(prefix),
        ]
        try await tell("notify", named)
    }

    package func send(_ body: String, to queue: Queue) async throws {
        try await tell("send", ["queue": .text(queue.url), "body": .text(body)])
    }

    package func counts(_ queue: String) async throws -> QueueCounts {
        try await ask("counts", ["queue": .text(queue)], as: QueueCounts.self)
    }

    /// Receives and deletes up to `count` messages, waiting for them at most `seconds`. Returns their bodies.
    package func take(_ count: Int, from queue: String, seconds: Int = 10) async throws -> [String] {
        let named: [String: JSONValue] = [
            "queue": .text(queue), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await ask("take", named, as: [String].self)
    }

    /// Waits until at least `count` messages are there, in flight or not. Returns how many there were in the end.
    package func awaitMessages(_ count: Int, in queue: Queue, seconds: Int = 20) async throws -> Int {
        let named: [String: JSONValue] = [
            "queue": .text(queue.url), "count": JSONValue(count), "seconds": JSONValue(seconds),
        ]
        return try await ask("await-messages", named, as: Int.self)
    }
}
