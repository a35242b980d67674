package import AWS
import Domain
package import Ledger

/// Has SQS itself move all of a dead-letter queue's messages, and follows it.
///
/// The jobs behind them are left as they are. Those of dead-lettered messages are open: a worker that gives a message up leaves
/// its job open, and stranded. A job that failed for good has acknowledged its message, so that there is none of it here; were
/// there one all the same, a second delivery of the event, it would be a duplicate to be acknowledged, as anywhere.
package struct DeadLetterMove: Sendable {
    package enum Ending: Sendable, Equatable {
        /// The service does not know how: message by message is the way.
        case notKnown
        case completed(moved: Int)
        case cancelled(moved: Int)
        case failed(reason: String, moved: Int)
    }

    private let queue: SQSClient
    private let ledger: any Ledger
    private let order: ReplayOrder
    private let rate: Int?
    private let interval: Duration
    private let progress: @Sendable (_ moved: Int, _ of: Int?) -> Void

    /// - Parameters:
    ///   - queue: the dead-letter queue.
    ///   - rate: messages a second at the most, 1 to 500.
    ///   - interval: how often it is asked how far it is.
    package init(
        of queue: SQSClient, ledger: any Ledger, order: ReplayOrder, rate: Int?, interval: Duration = .seconds(1),
        progress: @escaping @Sendable (_ moved: Int, _ of: Int?) -> Void
    ) {
        self.queue = queue
        self.ledger = ledger
        self.order = order
        self.rate = rate
        self.interval = interval
        self.progress = progress
    }

    /// Returns once all are moved. When its task is cancelled, it has SQS stop; what was moved by then stays moved.
    ///
    /// - Parameters:
    ///   - source: the dead-letter queue's ARN.
    ///   - destination: the ARN of the queue they go to; nil: each to where it came from.
    package func run(from source: String, to destination: String?) async throws(ReplayFailure) -> Ending {
        let earlier: SQSMoveTask?
        do throws(AWSError) {
            earlier = try await queue.latestMove(from: source)
        } catch {
            if error.isUnknownOperation { return .notKnown }
            throw Task.isCancelled ? .stopped : .queue(error)
        }
        guard !Task.isCancelled else { throw .stopped }
        // The ledger first: what is moved must not go without its entry. From here on it is brought to its end.
        let begun = await Task { await begin(from: source, to: destination) }.value
        return try await follow(try begun.get(), from: source, after: earlier?.startedAt)
    }

    private func begin(from source: String, to destination: String?) async -> Result<String, ReplayFailure> {
        let entry = AuditEntry(
            at: order.now(), actor: order.actor, action: "replay", subject: source, reason: order.reason)
        do { try await ledger.audit(entry) } catch { return .failure(.ledger(error)) }
        do {
            return .success(try await queue.startMove(from: source, to: destination, rate: rate))
        } catch {
            return .failure(.queue(error))
        }
    }

    /// - Parameter earlier: when the task before this one began: the list may still show that one for a moment.
    private func follow(
        _ handle: String, from source: String, after earlier: Timestamp?
    ) async throws(ReplayFailure) -> Ending {
        while true {
            let task: SQSMoveTask?
            do {
                try await Task.sleep(for: interval)
                task = try await queue.latestMove(from: source)
            } catch {
                guard Task.isCancelled else { throw .queue(error) }
                return .cancelled(moved: try await cancel(handle))
            }
            // Not told of yet, or in a word that is none of those we know: it is asked again.
            guard let task, let status = task.status, earlier == nil || task.startedAt != earlier else { continue }
            progress(task.moved, task.toMove)
            switch status {
            case .running, .cancelling: continue
            case .completed: return .completed(moved: task.moved)
            case .cancelled: return .cancelled(moved: task.moved)
            case .failed: return .failed(reason: task.failureReason ?? "SQS does not say why", moved: task.moved)
            }
        }
    }

    private func cancel(_ handle: String) async throws(ReplayFailure) -> Int {
        let answer = await Task { () -> Result<Int, AWSError> in
            do throws(AWSError) { return .success(try await queue.cancelMove(handle)) } catch { return .failure(error) }
        }.value
        do { return try answer.get() } catch { throw .queue(error) }
    }
}
