/// What has to be done before work can begin, and may take long. Who gives it up does not wait for it.
final class Startup<Value: Sendable>: Sendable {
    private enum End: Sendable {
        case ended(Result<Value, any Error>)
        case givenUp
    }

    /// The first counts.
    private let ends: AsyncStream<End>
    private let tell: AsyncStream<End>.Continuation

    init() { (ends, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    /// What `body` brings; nil where it was given up before. Its task is cancelled then, and what does not heed that is
    /// left to itself.
    func run(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let work = Task { [tell] in
            do {
                tell.yield(.ended(.success(try await body())))
            } catch {
                tell.yield(.ended(.failure(error)))
            }
        }
        defer { work.cancel() }
        for await end in ends {
            switch end {
            case .ended(let result): return try result.get()
            case .givenUp: return nil
            }
        }
        return nil
    }

    /// Does nothing once it has ended.
    func giveUp() { tell.yield(.givenUp) }
}
