internal import Dispatch
internal import Glibc

/// Takes SIGTERM and SIGINT as the wish to stop, as often as they come.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: @escaping @Sendable (_ signal: String) -> Void) {
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { stop(name) }
            source.resume()
            return source
        }
    }

    func cancel() { for source in sources { source.cancel() } }
}
