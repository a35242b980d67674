internal import Dispatch
internal import Glibc

/// Calls a handler on each signal of a kind; SIGTERM and SIGINT if none are named.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns once the signals reach the handler. Until then they end the process: if they were ignored in the
    /// meantime, one that arrives at that moment would be lost. Dispatch changes the signal's disposition itself when
    /// it registers the source; a `SIG_IGN` after that would stop delivery.
    init(
        on signals: [(number: CInt, name: String)] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")],
        _ handler: @escaping @Sendable (_ signal: String) -> Void
    ) {
        sources = signals.map { number, name in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let isRegistered = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { isRegistered.signal() }
            source.setEventHandler { handler(name) }
            source.resume()
            isRegistered.wait()
            return source
        }
    }

    func cancel() { for source in sources { source.cancel() } }

    /// Starts work that the signals cancel. It begins once they reach their handler: until then they would end the
    /// process, and leave what the work has begun.
    static func cancelling<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) -> (work: Task<Value, any Error>, signals: StopSignals) {
        let (beginning, begin) = AsyncStream<Never>.makeStream()
        let work = Task {
            for await _ in beginning {}
            return try await body()
        }
        let signals = StopSignals { _ in work.cancel() }
        begin.finish()
        return (work, signals)
    }
}
