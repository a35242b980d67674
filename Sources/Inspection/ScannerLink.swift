internal import CShims
internal import Dispatch
import Glibc
import ScanProtocol
import Support

/// The result of one request to a child.
enum CallResult: Sendable {
    case reply(ScanReply, EngineDescription)
    /// The child ended before it replied, or its reply was invalid; how it ended.
    case died(String)
    /// The child gave the object up, as another one would: no progress, or no memory; how it ended.
    case gaveUp(ChildEnd, String)
    /// The child did not reply in time and was killed.
    case timedOut
    /// The whole scanner ended and is being started again.
    case lost(String)
    case unavailable(ScannerError)
    case cancelled
}

/// The worker's end of the scanner: the state shared between the calling tasks and the listening thread.
///
/// A calling task queues its call, sends it at once if a child is free, and suspends. The listening thread
/// (`ScannerListener`) does everything else: only it receives, closes, starts and ends.
final class ScannerLink: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Waiter = CheckedContinuation<CallResult, Never>
    typealias Call = ScannerSlots<Waiter>.Call

    enum Phase: Sendable {
        /// No scanner runs: not started yet, or the start failed.
        case idle
        /// The first load; calls are refused.
        case loading
        case serving(EngineDescription)
        /// The scanner was lost and is being started again; calls wait in the queue.
        case reloading
        /// The scanner could not be started again; the listening thread will retry.
        case down(ScannerError)
        case stopped
    }

    struct State: Sendable {
        var phase = Phase.idle
        /// Calls that no child has yet, in the order of arrival. `ScannerSlots.order` is that of their start.
        var queue: [Call] = []
        /// The running scanners in the order of their start. Only the listening thread adds and removes.
        var generations: [Generation] = []
        /// Slots whose child could not be sent its request.
        var failedSends: [(generation: Int, slot: Int)] = []
        /// A snapshot of the signature folder that the thread has not processed, and when its reading started.
        var newSnapshot: (snapshot: SignatureSnapshot, startedAt: Instant)?
        var signatures = SignatureStatus()
        var lastID: UInt64 = 0
        var wantsLoad = false
        var wantsStop = false
        var hasThread = false
        var starting: [CheckedContinuation<Result<EngineDescription, ScannerError>, Never>] = []
        var stopping: [CheckedContinuation<ScannerUsage, Never>] = []
        var usage = ScannerUsage()
        /// Until when the thread sleeps; nil while it is awake. It then checks everything before it sleeps again.
        var sleepsUntil: Instant?
        /// Whether calls arrived since the thread last woke by its clock alone.
        var isBusy = false

        /// Removes a call and returns its waiter, or nil if it was already answered.
        mutating func cancel(_ id: UInt64) -> Waiter? {
            if let index = queue.firstIndex(where: { $0.id == id }) { return queue.remove(at: index).waiter }
            for index in generations.indices {
                if let waiter = generations[index].slots.cancel(id) { return waiter }
            }
            return nil
        }

        mutating func takeQueue() -> [Call] {
            defer { queue = [] }
            return queue
        }

        /// Removes and returns all calls.
        mutating func takeAllCalls() -> [Call] {
            var calls = takeQueue()
            for index in generations.indices { calls += generations[index].slots.takeAllCalls() }
            return calls
        }
    }

    let configuration: ScannerConfiguration
    let log: Log
    let launch: @Sendable () throws(ScannerError) -> ScannerProcess
    private let state: Locked<State>
    private let handler = Locked<@Sendable () -> Void>({})
    /// Reads the signature folder, off the listening thread.
    private let folderQueue = DispatchQueue(label: "lazaret.signatures")
    /// A pipe: a byte written to one end wakes the listening thread, which polls the other.
    private let wakeReader: Descriptor
    private let wakeWriter: Descriptor

    init(
        configuration: ScannerConfiguration, log: Log,
        launch: @escaping @Sendable () throws(ScannerError) -> ScannerProcess
    ) {
        self.configuration = configuration
        self.log = log
        self.launch = launch
        state = Locked(State())
        var ends: [CInt] = [-1, -1]
        guard unsafe lz_pipe(&ends) == 0 else { fatalError("no descriptor left for a pipe") }
        wakeReader = Descriptor(owning: ends[0])
        wakeWriter = Descriptor(owning: ends[1])
    }

    /// Becomes readable when the thread is to wake up.
    var wakeDescriptor: CInt { wakeReader.number }

    func withState<Result>(_ body: (inout sending State) -> sending Result) -> sending Result { state.withLock(body) }

    /// Whether the scanner was lost and could not be started again so far.
    var isDown: Bool { withState { if case .down = $0.phase { true } else { false } } }

    func onServing(_ handler: @escaping @Sendable () -> Void) { self.handler.withLock { $0 = handler } }

    func notifyServing() { handler.withLock { $0 }() }

    func wake() {
        let byte: [UInt8] = [1]
        // If the pipe is full, the thread wakes anyway.
        _ = unsafe Glibc.write(wakeWriter.number, byte, 1)
    }

    // MARK: Calls

    /// Sends a request to the next free child and waits for the result.
    ///
    /// A cancelled task gets its result at once. If a child works for it, the child is killed and replaced.
    func ask(_ request: ScanRequest, descriptor: CInt, allowance: Duration) async -> CallResult {
        let id = withState { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let call = ScannerSlots.Call(
                    id: id, request: request, nonce: .random(), descriptor: descriptor, allowance: allowance,
                    isLarge: isLarge(request), owner: ObjectOwner.current, waiter: waiter)
                enqueue(call)
            }
        } onCancel: {
            guard let waiter = withState({ $0.cancel(id) }) else { return }
            wake()
            waiter.resume(returning: .cancelled)
        }
    }

    private func isLarge(_ request: ScanRequest) -> Bool {
        guard let largeOver = configuration.largeOver, case .scan(let size, _, _, _, _) = request else { return false }
        return size > largeOver
    }

    private func enqueue(_ call: ScannerSlots<Waiter>.Call) {
        var refusal: CallResult?
        let needsWake = withState { state in
            // Checked under the lock: a cancellation is either seen here or finds the call in the queue.
            if Task.isCancelled {
                refusal = .cancelled
                return false
            }
            switch state.phase {
            case .serving, .reloading:
                state.queue.append(call)
                return Self.assignWaitingCalls(&state)
            case .down(let error):
                refusal = .unavailable(error)
            case .idle, .loading, .stopped:
                refusal = .unavailable(ScannerError(.stopped, "the scanner is not running"))
            }
            return false
        }
        if let refusal { call.waiter.resume(returning: refusal) }
        if needsWake { wake() }
    }

    /// Sends queued calls to free children of the serving scanner. Returns whether the listening thread must be woken.
    ///
    /// A slot stays free while a child of the retiring scanner works in the same one: both scanners together never use
    /// more of the disk under scratch, or of the processors, than one.
    ///
    /// The packets are sent under the lock: a cancelled call closes its descriptor, and its number may then name
    /// another file. Sending does not block: a free child has no unread packet.
    static func assignWaitingCalls(_ state: inout State) -> Bool {
        guard let serving = state.generations.firstIndex(where: { $0.stage == .serving }) else { return false }
        let taken = Set(state.generations.filter { $0.stage == .retiring }.flatMap(\.slots.occupied))
        var needsWake = false
        while let (call, slot, child) = startNext(&state, serving, besides: taken) {
            state.isBusy = true
            let packet = call.nonce.append(to: call.request.packet)
            let sent = unsafe packet.withUnsafeBytes {
                unsafe lz_send(child.socket, $0.baseAddress, $0.count, call.descriptor)
            }
            if sent != packet.count {
                state.failedSends.append((state.generations[serving].number, slot))
                needsWake = true
            } else if let until = state.sleepsUntil, Instant.now + call.allowance < until {
                needsWake = true
            }
        }
        return needsWake
    }

    /// Takes the next call from the queue that a free slot can take; nil if there is none.
    private static func startNext(
        _ state: inout State, _ serving: Int, besides taken: Set<Int>
    ) -> (Call, slot: Int, child: ScannerSlots<Waiter>.Child)? {
        for index in state.generations[serving].slots.order(of: state.queue) {
            let call = state.queue[index]
            if let (slot, child) = state.generations[serving].slots.assign(call, besides: taken, now: .now) {
                state.queue.remove(at: index)
                return (call, slot, child)
            }
            // Small calls may have a free slot that large ones must not use.
            guard call.isLarge else { return nil }
        }
        return nil
    }

    /// The serving engine.
    func description() throws(ScannerError) -> EngineDescription {
        let phase = withState { $0.phase }
        switch phase {
        case .serving(let description): return description
        case .down(let error): throw error
        case .reloading: throw ScannerError(.unavailable, "the scanner is loading its signatures again")
        case .idle, .loading, .stopped: throw ScannerError(.stopped, "the scanner is not running")
        }
    }

    /// Reads the signature folder in the background and wakes the thread with the snapshot. If the folder's file system
    /// hangs, neither the thread nor any call does.
    func readSignatureFolder() {
        folderQueue.async { [self] in
            let startedAt = Instant.now
            let snapshot = SignatureSnapshot(folder: configuration.signatures)
            withState { $0.newSnapshot = (snapshot, startedAt) }
            wake()
        }
    }

    // MARK: Start and stop

    func start() async throws(ScannerError) -> EngineDescription {
        let result = await withCheckedContinuation { waiter in
            var startsThread = false
            let already: Result<EngineDescription, ScannerError>? = withState { state in
                switch state.phase {
                case .serving(let description): return .success(description)
                case .stopped: return .failure(ScannerError(.stopped, "the scanner was stopped"))
                case .idle, .loading, .reloading, .down:
                    state.starting.append(waiter)
                    state.wantsLoad = true
                    // Under the same lock: a stop that arrives now must find a thread to handle it.
                    startsThread = !state.hasThread
                    state.hasThread = true
                    return nil
                }
            }
            if let already { return waiter.resume(returning: already) }
            if startsThread { listen() } else { wake() }
        }
        return try result.get()
    }

    func stop() async -> ScannerUsage {
        await withCheckedContinuation { waiter in
            let usage: ScannerUsage? = withState { state in
                if state.hasThread {
                    if case .stopped = state.phase { return state.usage }
                    state.stopping.append(waiter)
                    state.wantsStop = true
                    return nil
                }
                state.phase = .stopped
                return state.usage
            }
            if let usage { return waiter.resume(returning: usage) }
            wake()
        }
    }

    /// Stops the scanner without waiting for it.
    func abandon() {
        withState { $0.wantsStop = true }
        wake()
    }

    /// Starts the listening thread.
    private func listen() {
        var thread = pthread_t()
        let link = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { link in
                unsafe ScannerListener(Unmanaged<ScannerLink>.fromOpaque(link!).takeRetainedValue()).run()
                return nil
            }, link)
        guard code == 0 else { fatalError("cannot start the scanner's thread: \(SystemError("", code: code))") }
        _ = pthread_detach(thread)
    }
}
