package import AWS
package import Support

/// Sends messages in batches, reads the answer to each entry, and sends failed entries again.
///
/// If the answer to a request is lost, its messages may have been sent and are then sent twice: the ledger recognises
/// their jobs.
package struct EventSender: Sendable {
    /// The limits of one request: 10 messages, and the bytes that every SQS implementation accepts. AWS has accepted 1
    /// MiB since 2025; a message of more than this goes in a request of its own (Amazon SQS Developer Guide, "Amazon
    /// SQS message quotas").
    package static let batchSize = 10
    package static let batchBytes = 262_144

    private let queue: any SendingQueue
    private let rateLimiter: RateLimiter?
    private let attempts: Int
    private let backoff = Backoff(base: .milliseconds(400), max: .seconds(10))
    private let clock: MonotonicClock

    /// - Parameters:
    ///   - rateLimiter: nil to send as fast as the queue accepts.
    ///   - attempts: how often an entry is sent at most.
    package init(
        to queue: any SendingQueue, rateLimiter: RateLimiter? = nil, attempts: Int = 5, clocks: Clocks = .system
    ) {
        self.queue = queue
        self.rateLimiter = rateLimiter
        self.attempts = attempts
        clock = clocks.monotonic
    }

    /// Sends messages in their order. Stops at the first batch whose request fails as a whole, and when the task is
    /// cancelled.
    ///
    /// - Returns: an element for each message, in the same order: nil if it was sent. The code of a message that was
    ///   not sent because of a cancellation is `Cancelled`.
    package func send(_ messages: [EventMessage]) async -> [SQSBatchFailure?] {
        var results: [SQSBatchFailure?] = []
        var rest = messages[...]
        while !rest.isEmpty {
            let batch = rest.prefix(batchLength(rest))
            rest = rest.dropFirst(batch.count)
            do {
                try await rateLimiter?.acquire(batch.count)
                results += try await sendBatch(batch.map(outgoing))
            } catch {
                results += Array(repeating: SQSBatchFailure(error), count: batch.count + rest.count)
                return results
            }
        }
        return results
    }

    /// Returns how many of these go in the next request: at least one.
    private func batchLength(_ messages: ArraySlice<EventMessage>) -> Int {
        var (count, bytes) = (0, 0)
        for message in messages.prefix(min(Self.batchSize, rateLimiter?.burst ?? Self.batchSize)) {
            bytes += message.body.utf8.count
            if count > 0, bytes > Self.batchBytes { break }
            count += 1
        }
        return count
    }

    /// The same id for all tries of one call, so that a FIFO queue drops the second of two whose answer was lost;
    /// another one for the next call, which may send the same event for a good reason.
    private func outgoing(_ message: EventMessage) -> SQSOutgoingMessage {
        let id = [UInt64.random(in: .min ... .max), .random(in: .min ... .max)].map { String($0, radix: 16) }
        return SQSOutgoingMessage(body: message.body, group: message.group, deduplication: id.joined(separator: "-"))
    }

    /// - Throws: the error of the batch's first request. If a later one fails, the results stay as they are.
    private func sendBatch(_ messages: [SQSOutgoingMessage]) async throws -> [SQSBatchFailure?] {
        var results = try await request(messages)
        for attempt in 1..<max(attempts, 2) where attempt < attempts {
            let failed = results.indices.filter { results[$0]?.isSenderFault == false }
            guard !failed.isEmpty else { break }
            do {
                try await clock.sleep(for: backoff.delay(attempt: attempt))
                for (index, result) in zip(failed, try await request(failed.map { messages[$0] })) {
                    results[index] = result
                }
            } catch { break }
        }
        return results
    }

    /// Returns as many results as messages. An entry without an answer counts as not sent.
    private func request(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        let results = try await queue.send(messages)
        let unanswered = SQSBatchFailure(
            code: "NotAnswered", message: "the response does not mention this message", isSenderFault: false)
        return messages.indices.map { $0 < results.count ? results[$0] : unanswered }
    }
}

extension SQSBatchFailure {
    fileprivate init(_ error: any Error) {
        guard let error = error as? AWSError, error.kind != .cancelled else {
            // Besides AWS errors only cancellations are thrown.
            self.init(code: "Cancelled", message: "stopped before it was sent", isSenderFault: false)
            return
        }
        self.init(code: error.code, message: "\(error)", isSenderFault: !error.isRetryable)
    }
}
