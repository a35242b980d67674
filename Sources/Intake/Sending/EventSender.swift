package import AWS
package import Support

/// Where messages are sent: Amazon SQS, or what a test puts in its place.
package protocol SendingQueue: Sendable {
    /// Sends up to 10 messages. The result has an element for each body, at its place: nil where it was sent.
    func send(_ bodies: [String]) async throws -> [SendFailure?]
}

/// Why a message was not sent.
package struct SendFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What failed in the queue's own words, or `Cancelled`.
    package let code: String
    package let message: String
    /// Whether the same message may be taken later.
    package let isTransient: Bool

    package init(code: String, message: String, isTransient: Bool) {
        self.code = code
        self.message = message
        self.isTransient = isTransient
    }

    package var description: String { message.isEmpty ? code : "\(code): \(message)" }

    static let cancelled = SendFailure(code: "Cancelled", message: "stopped before it was sent", isTransient: true)
}

/// Sends messages in batches, each entry's answer read, and what failed sent again.
///
/// A message whose answer was lost on the way may have been sent all the same, and is then sent twice: the ledger knows its
/// job.
package struct EventSender: Sendable {
    /// What one request may hold: 10 messages, and as many bytes as every SQS takes. Since 2025 that of AWS takes 1 MiB; a
    /// message that is longer than this by itself goes by itself (Amazon SQS Developer Guide, "Amazon SQS message quotas").
    package static let batch = 10
    package static let batchBytes = 262_144

    private let queue: any SendingQueue
    private let pace: RateLimiter?
    private let attempts: Int
    private let backoff = Backoff(base: .milliseconds(400), max: .seconds(10))
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - pace: how fast messages go at the most; nil: as fast as the queue takes them.
    ///   - attempts: how often an entry is sent before it is given up.
    package init(
        to queue: any SendingQueue, pace: RateLimiter? = nil, attempts: Int = 5,
        clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.queue = queue
        self.pace = pace
        self.attempts = attempts
        sleep = { try await clock.sleep(for: $0) }
    }

    /// Sends messages in their order. Once the queue can't be reached, or the task is cancelled, the rest is not tried.
    ///
    /// - Returns: an element for each message, at its place: nil where it was sent.
    package func send(_ messages: [EventMessage]) async -> [SendFailure?] {
        var results: [SendFailure?] = []
        var rest = messages[...]
        while !rest.isEmpty {
            let batch = rest.prefix(batchLength(rest))
            rest = rest.dropFirst(batch.count)
            do {
                try await pace?.turn(of: batch.count)
                results += try await sendBatch(batch.map(\.body))
            } catch {
                results += Array(repeating: SendFailure(error), count: batch.count + rest.count)
                return results
            }
        }
        return results
    }

    /// How many of these go with the next request: at least one.
    private func batchLength(_ messages: ArraySlice<EventMessage>) -> Int {
        var (count, bytes) = (0, 0)
        for message in messages.prefix(min(Self.batch, pace?.batch ?? Self.batch)) {
            bytes += message.body.utf8.count
            if count > 0, bytes > Self.batchBytes { break }
            count += 1
        }
        return count
    }

    /// - Throws: what the first request of the batch failed with. A later one that fails leaves its entries as they are.
    private func sendBatch(_ bodies: [String]) async throws -> [SendFailure?] {
        var results = try await answers(bodies)
        for attempt in 1..<max(attempts, 2) where attempt < attempts {
            let again = results.indices.filter { results[$0]?.isTransient == true }
            guard !again.isEmpty else { break }
            do {
                try await sleep(backoff.delay(attempt: attempt))
                for (index, result) in zip(again, try await answers(again.map { bodies[$0] })) {
                    results[index] = result
                }
            } catch { break }
        }
        return results
    }

    /// As many answers as bodies: of an entry that has none it is not known that it was sent.
    private func answers(_ bodies: [String]) async throws -> [SendFailure?] {
        let answers = try await queue.send(bodies)
        let silence = SendFailure(
            code: "NotAnswered", message: "the answer does not say what became of it", isTransient: true)
        return bodies.indices.map { $0 < answers.count ? answers[$0] : silence }
    }
}

extension SendFailure {
    fileprivate init(_ error: any Error) {
        switch error {
        case is CancellationError: self = .cancelled
        case let error as AWSError where error.kind == .cancelled: self = .cancelled
        default:
            self.init(
                code: (error as? AWSError)?.code ?? "Failed", message: "\(error)",
                isTransient: (error as? any TransientlyFailing)?.isTransient ?? false)
        }
    }
}

extension SQSClient: SendingQueue {
    package func send(_ bodies: [String]) async throws -> [SendFailure?] {
        try await sendBatch(bodies).map { result in
            guard case .failure(let failure) = result else { return nil }
            return SendFailure(code: failure.code, message: failure.message, isTransient: !failure.isSenderFault)
        }
    }
}
