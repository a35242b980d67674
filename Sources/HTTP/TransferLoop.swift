internal import CCurl
internal import Glibc
internal import Support

/// The HTTP thread: takes transfers from an inbox that any thread may fill, and moves all of them with libcurl's multi
/// interface. It sleeps while nothing can move.
final class TransferLoop: @unchecked Sendable {
    private let configuration: HTTPConfiguration
    private let multi: MultiHandle
    private let inbox = Locked(Inbox())

    // The thread's own. A running transfer is known by its easy handle's address.
    private var running: [UInt: Running] = [:]
    private var idle: [EasyHandle] = []
    /// When the first stretch of a running transfer's watch is over; nil where none has a watch.
    private var nextLook: ContinuousClock.Instant?

    private struct Inbox {
        var starts: [HTTPExchange] = []
        var cancellations: [HTTPExchange] = []
        var isClosed = false
        /// Whether the thread found nothing here and must be woken. It looks by itself before it sleeps.
        var isSleeping = false

        var isEmpty: Bool { starts.isEmpty && cancellations.isEmpty && !isClosed }

        /// Tells whether the caller, who put something in, has to wake the thread.
        mutating func mustWake() -> Bool {
            defer { isSleeping = false }
            return isSleeping
        }
    }

    private struct Running {
        let transfer: HTTPExchange
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

    func submit(_ transfer: HTTPExchange) {
        let (isClosed, mustWake) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false) }
            inbox.starts.append(transfer)
            return (false, inbox.mustWake())
        }
        if isClosed { return transfer.finish(.failure(HTTPError(shutdownDuring: transfer.operation, reached: false))) }
        if mustWake { multi.wake() }
    }

    /// Before or after `submit`: the mark is set first, so that one of the two finds it.
    func cancel(_ transfer: HTTPExchange) {
        transfer.markCancelled()
        let mustWake = inbox.withLock { inbox in
            if inbox.isClosed { return false }
            inbox.cancellations.append(transfer)
            return inbox.mustWake()
        }
        if mustWake { multi.wake() }
    }

    func close() {
        let mustWake = inbox.withLock { inbox in
            inbox.isClosed = true
            return inbox.mustWake()
        }
        if mustWake { multi.wake() }
    }

    // MARK: On the HTTP thread

    private func run() {
        while true {
            multi.runDueTimers()
            var someEnded = finishEnded()
            cutStalled()
            guard let taken = takeFromInbox() else {
                multi.wait(until: nextLook)
                continue
            }
            if taken.isClosed { return abandonAll(taken.starts) }
            // A connection that has just become idle is looked at before it is used again: more may have come than was told.
            while someEnded {
                multi.wait(until: .now)
                someEnded = finishEnded()
            }
            taken.starts.forEach(begin)
            taken.cancellations.forEach(endCancelled)
        }
    }

    /// Nil where nothing is there; whoever puts the next thing in will then wake the thread.
    private func takeFromInbox() -> Inbox? {
        inbox.withLock { inbox in
            inbox.isSleeping = inbox.isEmpty
            if inbox.isEmpty { return nil }
            defer { (inbox.starts, inbox.cancellations) = ([], []) }
            return inbox
        }
    }

    /// Tells whether there were any.
    private func finishEnded() -> Bool {
        var someEnded = false
        while let (handle, result) = multi.nextFinished() {
            guard let ended = running.removeValue(forKey: handle) else { continue }
            let outcome = ended.transfer.outcome(result, easy: ended.easy)
            retire(ended)
            ended.transfer.finish(outcome)
            someEnded = true
        }
        return someEnded
    }

    private func abandonAll(_ starts: [HTTPExchange]) {
        for transfer in starts {
            transfer.finish(.failure(HTTPError(shutdownDuring: transfer.operation, reached: false)))
        }
        for (_, ended) in running {
            multi.remove(ended.easy)
            ended.transfer.finish(.failure(HTTPError(shutdownDuring: ended.transfer.operation, reached: true)))
        }
        running = [:]
    }

    private func endCancelled(_ transfer: HTTPExchange) {
        guard let entry = running.first(where: { $0.value.transfer === transfer }) else { return }
        running[entry.key] = nil
        retire(entry.value)
        transfer.finish(.failure(CancellationError()))
    }

    private func begin(_ transfer: HTTPExchange) {
        if transfer.isCancelled { return transfer.finish(.failure(CancellationError())) }
        do {
            let used = idle.popLast()
            let easy = try used ?? EasyHandle()
            do {
                if used == nil { try easy.setConduct(configuration) }
                try easy.prepare(transfer, configuration)
            } catch {
                throw HTTPError(error.code, operation: transfer.operation, detail: "", reached: false)
            }
            guard multi.add(easy) else { throw HTTPError(memoryFor: "a transfer") }
            let watch = transfer.request.floor.map { StallWatch($0, now: .now) }
            running[easy.identity] = Running(transfer: transfer, easy: easy, watch: watch)
            if let watch { nextLook = nextLook.map { min($0, watch.deadline) } ?? watch.deadline }
        } catch {
            transfer.finish(.failure(error))
        }
    }

    /// Takes a handle out of the multi handle and keeps it for the next transfer.
    private func retire(_ ended: Running) {
        multi.remove(ended.easy)
        ended.easy.clear()
        if idle.count < configuration.idleConnections { idle.append(ended.easy) }
    }

    /// Ends what fell below its floor. Looks only where a stretch is over.
    private func cutStalled() {
        guard let due = nextLook else { return }
        let now = ContinuousClock.now
        if now < due { return }
        nextLook = nil
        var stalled: [(key: UInt, floor: ThroughputFloor)] = []
        for (key, entry) in running {
            guard var watch = entry.watch else { continue }
            if watch.fellBelow(bytesMoved: { entry.easy.bytesMoved }, now: now) {
                stalled.append((key, watch.floor))
            } else {
                running[key]?.watch = watch
                nextLook = nextLook.map { min($0, watch.deadline) } ?? watch.deadline
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
    }
}

extension HTTPError {
    fileprivate init(shutdownDuring operation: String, reached: Bool) {
        self.init(
            code: .shutdown, operation: operation, message: "the HTTP client was shut down",
            hint: "Nothing to do: the process is ending.", isTransient: false, mayHaveReachedServer: reached)
    }
}
