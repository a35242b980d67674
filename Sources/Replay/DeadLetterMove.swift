package import AWS
import Domain
package import Ledger
internal import Support

/// Lets SQS move all messages of a dead-letter queue (StartMessageMoveTask), and follows the task.
///
/// Their jobs are left as they are. The job of a dead-lettered message is open and stranded: a worker leaves it so when
/// it gives up. The message of a job that has failed for good was acknowledged and is not here; a second delivery of
/// its event would be a duplicate, which any worker acknowledges.
package struct DeadLetterMove: Sendable {
    package enum Ending: Sendable, Equatable {
        /// The service does not support it: replay message by message instead.
        case unsupported
        case completed(moved: Int)
        case cancelled(moved: Int)
        case failed(reason: String, moved: Int)
    }

    private let queue: SQSClient
    private let ledger: any Ledger
    private let context: ReplayContext
    private let rate: Int?
    private let interval: Duration
    private let progress: @Sendable (_ moved: Int, _ of: Int?) -> Void

    /// - Parameters:
    ///   - queue: the dead-letter queue.
    ///   - rate: messages a second at most, 1 to 500; nil means as fast as SQS sees fit.
    ///   - interval: how often the progress is asked for.
    package init(
        of queue: SQSClient, ledger: any Ledger, context: ReplayContext, rate: Int?, interval: Duration = .seconds(1),
        progress: @escaping @Sendable (_ moved: Int, _ of: Int?) -> Void
    ) {
        self.queue = queue
        self.ledger = ledger
        self.context = context
        self.rate = rate
        self.interval = interval
        self.progress = progress
    }

    /// Returns once all messages are moved. Cancelling the task stops the move; messages moved by then stay moved.
    ///
    /// - Parameters:
    ///   - source: the dead-letter queue's ARN.
    ///   - destination: the ARN of the queue to move to; nil moves each message to the queue that it came from.
    package func run(from source: String, to destination: String?) async throws(ReplayFailure) -> Ending {
        let earlier: SQSMoveTask?
        do throws(AWSError) {
            earlier = try await queue.latestMove(from: source)
        } catch {
            if error.isUnknownOperation { return .unsupported }
            throw Task.isCancelled ? .stopped : .queue(error)
        }
        guard !Task.isCancelled else { throw .stopped }
        // The ledger first: no move without its audit entry. A task of its own: the start is completed despite a
        // cancellation.
        let handle = await Task { await start(from: source, to: destination) }.value
        return try await follow(try handle.get(), from: source, after: earlier?.startedAt)
    }

    private func start(from source: String, to destination: String?) async -> Result<String, ReplayFailure> {
        let entry = AuditEntry(
            at: context.now, actor: context.actor, action: "replay", subject: source, reason: context.reason)
        do { try await ledger.audit(entry) } catch { return .failure(.ledger(error)) }
        do {
            return .success(try await queue.startMove(from: source, to: destination, rate: rate))
        } catch {
            return .failure(.queue(error))
        }
    }

    /// - Parameter earlier: when the previous task started: the list may still show that one for a moment.
    private func follow(
        _ handle: String, from source: String, after earlier: Timestamp?
    ) async throws(ReplayFailure) -> Ending {
        while true {
            let task: SQSMoveTask?
            do {
                try await context.clocks.monotonic.sleep(for: interval)
                task = try await queue.latestMove(from: source)
            } catch let error as AWSError where !Task.isCancelled {
                throw .queue(error)
            } catch {
                return .cancelled(moved: try await cancel(handle))
            }
            // Not listed yet, or with an unknown status: ask again.
            guard let task, let status = task.status, earlier == nil || task.startedAt != earlier else { continue }
            progress(task.moved, task.toMove)
            switch status {
            case .running, .cancelling: continue
            case .completed: return .completed(moved: task.moved)
            case .cancelled: return .cancelled(moved: task.moved)
            case .failed: return .failed(reason: task.failureReason ?? "SQS gave no reason", moved: task.moved)
            }
        }
    }

    private func cancel(_ handle: String) async throws(ReplayFailure) -> Int {
        let result = await Task { () -> Result<Int, AWSError> in
            do throws(AWSError) { return .success(try await queue.cancelMove(handle)) } catch { return .failure(error) }
        }.value
        do { return try result.get() } catch { throw .queue(error) }
    }
}
