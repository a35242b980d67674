internal import CCurl
internal import Glibc
internal import Support

/// The HTTP thread: takes transfers from an inbox that any thread may fill, and moves all of them with libcurl's multi
/// interface. It sleeps in `poll` while nothing moves.
final class TransferLoop: @unchecked Sendable {
    private let configuration: HTTPConfiguration
    private let multi: MultiHandle
    private let inbox = Locked(Inbox())

    // The thread's own. A running transfer is known by its easy handle's address.
    private var running: [UInt: Running] = [:]
    private var idle: [EasyHandle] = []

    private struct Inbox {
        var starts: [Transfer] = []
        var cancellations: [Transfer] = []
        var isClosed = false

        var isEmpty: Bool { starts.isEmpty && cancellations.isEmpty }
    }

    private struct Running {
        let transfer: Transfer
        let easy: EasyHandle
        var watch: StallWatch?
    }

    init(_ configuration: HTTPConfiguration) throws(HTTPError) {
        self.configuration = configuration
        multi = try MultiHandle(idleConnections: configuration.idleConnections)
    }

    // MARK: From any thread

    /// Starts the thread, which lives until `close`.
    func start() throws(HTTPError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        guard code == 0 else {
            unsafe Unmanaged<TransferLoop>.fromOpaque(context).release()
            throw HTTPError(memoryFor: "a thread")
        }
        pthread_detach(thread)
    }

    func submit(_ transfer: Transfer) {
        let (isClosed, mustWake) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false) }
            defer { inbox.starts.append(transfer) }
            return (false, inbox.isEmpty)
        }
        if isClosed { return transfer.finish(.failure(HTTPError(shutdownDuring: transfer.operation, reached: false))) }
        // Whoever put the first thing into the inbox has woken the thread already.
        if mustWake { multi.wake() }
    }

    /// Before or after `submit`: the mark is set first, so that one of the two finds it.
    func cancel(_ transfer: Transfer) {
        transfer.markCancelled()
        let mustWake = inbox.withLock { inbox in
            if inbox.isClosed { return false }
            defer { inbox.cancellations.append(transfer) }
            return inbox.isEmpty
        }
        if mustWake { multi.wake() }
    }

    func close() {
        inbox.withLock { $0.isClosed = true }
        multi.wake()
    }

    // MARK: On the HTTP thread

    private func run() {
        while takeFromInbox() {
            multi.perform()
            while let (handle, result) = multi.nextFinished() {
                guard let ended = running.removeValue(forKey: handle) else { continue }
                let outcome = ended.transfer.outcome(result, easy: ended.easy)
                retire(ended)
                ended.transfer.finish(outcome)
            }
            multi.wait(atMost: cutStalled())
        }
        for (_, ended) in running {
            multi.remove(ended.easy)
            ended.transfer.finish(.failure(HTTPError(shutdownDuring: ended.transfer.operation, reached: true)))
        }
        running = [:]
    }

    /// False once the loop is to end.
    private func takeFromInbox() -> Bool {
        let taken = inbox.withLock { inbox in
            defer { (inbox.starts, inbox.cancellations) = ([], []) }
            return inbox
        }
        if taken.isClosed {
            for transfer in taken.starts {
                transfer.finish(.failure(HTTPError(shutdownDuring: transfer.operation, reached: false)))
            }
            return false
        }
        for transfer in taken.starts { begin(transfer) }
        for transfer in taken.cancellations {
            guard let entry = running.first(where: { $0.value.transfer === transfer }) else { continue }
            running[entry.key] = nil
            retire(entry.value)
            transfer.finish(.failure(CancellationError()))
        }
        return true
    }

    private func begin(_ transfer: Transfer) {
        if transfer.isCancelled { return transfer.finish(.failure(CancellationError())) }
        do {
            let easy = try idle.popLast() ?? EasyHandle()
            do {
                try easy.prepare(transfer, configuration)
            } catch {
                throw HTTPError(error.code, operation: transfer.operation, detail: "", reached: false)
            }
            guard multi.add(easy) else { throw HTTPError(memoryFor: "a transfer") }
            let watch = transfer.request.floor.map { StallWatch($0, now: .now) }
            running[easy.identity] = Running(transfer: transfer, easy: easy, watch: watch)
        } catch {
            transfer.finish(.failure(error))
        }
    }

    /// Takes a handle out of the multi handle and keeps it for the next transfer.
    private func retire(_ ended: Running) {
        multi.remove(ended.easy)
        ended.easy.reset()
        if idle.count < configuration.idleConnections { idle.append(ended.easy) }
    }

    /// Ends what fell below its floor. Gives how long the loop may sleep until the next look.
    private func cutStalled() -> Duration {
        let now = ContinuousClock.now
        var next = Duration.seconds(60)
        var stalled: [(key: UInt, floor: ThroughputFloor)] = []
        for (key, entry) in running {
            guard var watch = entry.watch else { continue }
            if watch.fellBelow(bytesMoved: { entry.easy.bytesMoved }, now: now) {
                stalled.append((key, watch.floor))
            } else {
                running[key]?.watch = watch
                next = min(next, watch.deadline - now)
            }
        }
        for (key, floor) in stalled {
            guard let ended = running.removeValue(forKey: key) else { continue }
            let error = HTTPError(
                code: .stalled, operation: ended.transfer.operation,
                message: "less than \(floor.bytesPerSecond) bytes a second flowed for \(floor.over)",
                hint: "Try again on a new connection; if it goes on, look at the network and the server's load.",
                isTransient: true, mayHaveReachedServer: ended.easy.requestBytesSent > 0)
            retire(ended)
            ended.transfer.finish(.failure(error))
        }
        return next
    }
}

extension HTTPError {
    fileprivate init(shutdownDuring operation: String, reached: Bool) {
        self.init(
            code: .shutdown, operation: operation, message: "the HTTP client was shut down",
            hint: "Nothing to do: the process is ending.", isTransient: false, mayHaveReachedServer: reached)
    }
}
