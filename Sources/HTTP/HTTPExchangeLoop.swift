internal import CCurl
internal import Glibc
internal import Support

/// The HTTP thread: takes exchanges from an inbox that any thread may fill, and runs them with libcurl's multi
/// interface. It sleeps while none can progress.
final class HTTPExchangeLoop: @unchecked Sendable {
    private let configuration: HTTPConfiguration
    private let multi: MultiHandle
    private let inbox = Locked(Inbox())

    // Used on the HTTP thread only. The keys of `running` are the easy handles' addresses.
    private var running: [UInt: Running] = [:]
    private var idleHandles: [EasyHandle] = []
    /// The first deadline of the running exchanges' stall detectors; nil if none has one.
    private var nextStallCheck: ContinuousClock.Instant?

    private struct Inbox {
        var submitted: [HTTPExchange] = []
        var cancelled: [HTTPExchange] = []
        var isClosed = false
        /// Whether the thread found the inbox empty and must be woken. It checks the inbox before it sleeps.
        var isSleeping = false

        var isEmpty: Bool { submitted.isEmpty && cancelled.isEmpty && !isClosed }

        /// Returns whether the caller, who added something, has to wake the thread.
        mutating func mustWake() -> Bool {
            defer { isSleeping = false }
            return isSleeping
        }
    }

    private struct Running {
        let exchange: HTTPExchange
        let easy: EasyHandle
        var stallDetector: StallDetector?
    }

    init(_ configuration: HTTPConfiguration) throws(HTTPError) {
        self.configuration = configuration
        multi = try MultiHandle(idleConnections: configuration.idleConnections)
    }

    // MARK: On any thread

    /// Starts the thread, which runs until `close`.
    func start() throws(HTTPError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<HTTPExchangeLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        guard code == 0 else {
            unsafe Unmanaged<HTTPExchangeLoop>.fromOpaque(context).release()
            throw HTTPError(outOfMemoryFor: "a thread")
        }
        pthread_detach(thread)
    }

    func submit(_ exchange: HTTPExchange) {
        let (isClosed, mustWake) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false) }
            inbox.submitted.append(exchange)
            return (false, inbox.mustWake())
        }
        if isClosed { return exchange.finish(.failure(HTTPError(shutdownDuring: exchange, reachedServer: false))) }
        if mustWake { multi.wake() }
    }

    /// May be called before or after `submit`: the flag is set first, so that either `begin` or the inbox sees it.
    func cancel(_ exchange: HTTPExchange) {
        exchange.markCancelled()
        let mustWake = inbox.withLock { inbox in
            if inbox.isClosed { return false }
            inbox.cancelled.append(exchange)
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
            var didFinish = finishCompleted()
            failStalled()
            guard let batch = takeInbox() else {
                multi.wait(until: nextStallCheck)
                continue
            }
            if batch.isClosed { return failAll(submitted: batch.submitted) }
            // A connection that has just become idle is polled before its reuse: it may hold bytes beyond the declared
            // length.
            while didFinish {
                multi.wait(until: .now)
                didFinish = finishCompleted()
            }
            batch.submitted.forEach(begin)
            batch.cancelled.forEach(finishCancelled)
        }
    }

    /// Returns and empties the inbox. If it is empty, returns nil and marks the thread as sleeping.
    private func takeInbox() -> Inbox? {
        inbox.withLock { inbox in
            inbox.isSleeping = inbox.isEmpty
            if inbox.isEmpty { return nil }
            defer { (inbox.submitted, inbox.cancelled) = ([], []) }
            return inbox
        }
    }

    /// Finishes the exchanges that libcurl has completed, and returns whether there were any.
    private func finishCompleted() -> Bool {
        var didFinish = false
        while let (handle, code) = multi.nextFinished() {
            guard let ended = running.removeValue(forKey: handle) else { continue }
            let result = ended.exchange.result(code, easy: ended.easy)
            recycle(ended)
            ended.exchange.finish(result)
            didFinish = true
        }
        return didFinish
    }

    private func failAll(submitted: [HTTPExchange]) {
        for exchange in submitted {
            exchange.finish(.failure(HTTPError(shutdownDuring: exchange, reachedServer: false)))
        }
        for (_, ended) in running {
            multi.remove(ended.easy)
            ended.exchange.finish(.failure(HTTPError(shutdownDuring: ended.exchange, reachedServer: true)))
        }
        running = [:]
    }

    private func finishCancelled(_ exchange: HTTPExchange) {
        guard let entry = running.first(where: { $0.value.exchange === exchange }) else { return }
        running[entry.key] = nil
        recycle(entry.value)
        exchange.finish(.failure(CancellationError()))
    }

    private func begin(_ exchange: HTTPExchange) {
        if exchange.isCancelled { return exchange.finish(.failure(CancellationError())) }
        do {
            let reused = idleHandles.popLast()
            let easy = try reused ?? EasyHandle()
            do {
                if reused == nil { try easy.configure(configuration) }
                try easy.prepare(exchange, configuration)
            } catch {
                throw HTTPError(error.code, operation: exchange.operation, detail: "", reachedServer: false)
            }
            guard multi.add(easy) else { throw HTTPError(outOfMemoryFor: "a request") }
            let detector = exchange.request.floor.map { StallDetector($0, now: .now) }
            running[easy.identity] = Running(exchange: exchange, easy: easy, stallDetector: detector)
            if let detector { scheduleStallCheck(at: detector.deadline) }
        } catch {
            exchange.finish(.failure(error))
        }
    }

    /// Removes a handle from the multi handle and keeps it for reuse.
    private func recycle(_ ended: Running) {
        multi.remove(ended.easy)
        ended.easy.clear()
        if idleHandles.count < configuration.idleConnections { idleHandles.append(ended.easy) }
    }

    // MARK: Stalls

    private func scheduleStallCheck(at deadline: ContinuousClock.Instant) {
        nextStallCheck = nextStallCheck.map { min($0, deadline) } ?? deadline
    }

    /// Fails the exchanges that fell below their floor. Does nothing before the next deadline.
    private func failStalled() {
        guard let due = nextStallCheck else { return }
        let now = ContinuousClock.now
        if now < due { return }
        nextStallCheck = nil
        var stalled: [(key: UInt, floor: ThroughputFloor)] = []
        for (key, entry) in running {
            guard var detector = entry.stallDetector else { continue }
            if detector.isStalled(bytesTransferred: { entry.easy.bytesTransferred }, now: now) {
                stalled.append((key, detector.floor))
            } else {
                running[key]?.stallDetector = detector
                scheduleStallCheck(at: detector.deadline)
            }
        }
        for (key, floor) in stalled {
            guard let ended = running.removeValue(forKey: key) else { continue }
            let error = HTTPError(
                code: .stalled, operation: ended.exchange.operation,
                message: "throughput was below \(floor.bytesPerSecond) bytes/s for \(floor.over)",
                hint: "Try again on a new connection; if it recurs, check the network and the server's load.",
                isTransient: true, mayHaveReachedServer: ended.easy.requestBytesSent > 0)
            recycle(ended)
            ended.exchange.finish(.failure(error))
        }
    }
}

extension HTTPError {
    fileprivate init(shutdownDuring exchange: HTTPExchange, reachedServer: Bool) {
        self.init(
            code: .shutdown, operation: exchange.operation, message: "the HTTP client was shut down",
            hint: "Nothing to do: the process is exiting.", isTransient: false, mayHaveReachedServer: reachedServer)
    }
}
