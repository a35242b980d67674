internal import Dispatch
internal import Glibc

/// Takes SIGTERM and SIGINT as the wish to stop, as often as they come.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns once both signals are heard. Until then they end the process, as they did before; were they ignored
    /// meanwhile, one that comes at that moment would be lost. Dispatch takes over what the system does with a signal
    /// when it registers the source, and must be left to: a `SIG_IGN` after that makes it deaf.
    init(_ stop: @escaping @Sendable (_ signal: String) -> Void) {
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let isHeard = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { isHeard.signal() }
            source.setEventHandler { stop(name) }
            source.resume()
            isHeard.wait()
            return source
        }
    }

    func cancel() { for source in sources { source.cancel() } }
}
