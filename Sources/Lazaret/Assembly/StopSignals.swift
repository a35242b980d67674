internal import Dispatch
internal import Glibc

/// Calls a handler on each SIGTERM and SIGINT.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns once both signals reach the handler. Until then they end the process: if they were ignored in the
    /// meantime, one that arrives at that moment would be lost. Dispatch changes the signal's disposition itself when
    /// it registers the source; a `SIG_IGN` after that would stop delivery.
    init(_ handler: @escaping @Sendable (_ signal: String) -> Void) {
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
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
}
