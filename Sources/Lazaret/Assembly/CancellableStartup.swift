/// Start-up work that may take long. `cancel()` makes `run` return at once, even if the work does not react to it.
final class CancellableStartup<Value: Sendable>: Sendable {
    private enum End: Sendable {
        case finished(Result<Value, any Error>)
        case cancelled
    }

    /// Only the first one counts.
    private let ends: AsyncStream<End>
    private let continuation: AsyncStream<End>.Continuation

    init() { (ends, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    /// Returns the value of `body`, or nil if it was cancelled first. On cancellation the task of `body` is cancelled
    /// too, but not awaited.
    func run(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let work = Task { [continuation] in
            do {
                continuation.yield(.finished(.success(try await body())))
            } catch {
                continuation.yield(.finished(.failure(error)))
            }
        }
        defer { work.cancel() }
        for await end in ends {
            switch end {
            case .finished(let result): return try result.get()
            case .cancelled: return nil
            }
        }
        return nil
    }

    /// Does nothing once `run` has returned.
    func cancel() { continuation.yield(.cancelled) }
}
