internal import CShims
internal import Dispatch
import Glibc
import ScanProtocol
import Support

/// What became of one request.
enum CallResult: Sendable {
    case reply(ScanReply, EngineDescription)
    /// The child ended before it answered, or answered what is no answer.
    case died(String)
    /// The child was not done in time, and was killed.
    case timedOut
    /// The whole scanner ended; it is being loaded again.
    case lost(String)
    case unavailable(ScannerError)
    case cancelled
}

/// The worker's end of the scanner, shared between the tasks that ask and the one thread that listens.
///
/// A task that asks puts its call in line and, where a child is free, sends it there and then; it then waits without a
/// thread. The listening thread (`ScannerListener`) does all the rest: it alone receives, closes, starts and ends.
final class ScannerLink: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Waiter = CheckedContinuation<CallResult, Never>
    typealias Call = ScannerSlots<Waiter>.Call

    enum Phase: Sendable {
        /// Nothing runs: not started yet, or the start failed.
        case idle
        /// The first load; nothing may be asked yet.
        case loading
        case serving(EngineDescription)
        /// The scanner was lost and is loaded again; calls wait in line.
        case reloading
        /// It could not be brought back; the next try comes by itself.
        case down(ScannerError)
        case stopped
    }

    struct State: Sendable {
        var phase = Phase.idle
        /// Calls that no child has yet, first come, first served.
        var line: [Call] = []
        /// The scanners that run, in the order in which they were started. Only the listening thread adds and removes.
        var generations: [Generation] = []
        /// Slots whose child did not take its request.
        var broken: [(generation: Int, slot: Int)] = []
        /// A look at the signature folder that the thread has not taken notice of, and when it was begun.
        var look: (sight: SignatureLook, begun: Instant)?
        var signatures = SignatureStatus()
        var lastID: UInt64 = 0
        var wantsLoad = false
        var wantsStop = false
        var hasThread = false
        var starting: [CheckedContinuation<Result<EngineDescription, ScannerError>, Never>] = []
        var stopping: [CheckedContinuation<ScannerUsage, Never>] = []
        var usage = ScannerUsage()
        /// Until when the thread sleeps; nil while it is at work, and will look at everything before it sleeps again.
        var sleepsUntil: Instant?
        /// Whether calls came since the thread last woke by its clock alone.
        var isBusy = false

        /// Takes a call back from wherever it waits; nil where it has its answer.
        mutating func cancel(_ id: UInt64) -> Waiter? {
            if let index = line.firstIndex(where: { $0.id == id }) { return line.remove(at: index).waiter }
            for index in generations.indices {
                if let waiter = generations[index].seats.cancel(id) { return waiter }
            }
            return nil
        }

        mutating func takeLine() -> [Call] {
            defer { line = [] }
            return line
        }

        /// Takes all calls, wherever they wait; none is left.
        mutating func takeAllCalls() -> [Call] {
            var calls = takeLine()
            for index in generations.indices { calls += generations[index].seats.takeAllCalls() }
            return calls
        }
    }

    let configuration: ScannerConfiguration
    let log: Log
    let launch: @Sendable () throws(ScannerError) -> ScannerProcess
    private let state: Locked<State>
    private let handler = Locked<@Sendable () -> Void>({})
    /// Where the folder is looked at, with a thread of its own whenever there is something to do.
    private let lookout = DispatchQueue(label: "lazaret.signatures")
    /// What is written to one end of this pipe wakes the thread, which reads the other.
    private let bell: Descriptor
    private let bellPush: Descriptor

    init(
        configuration: ScannerConfiguration, log: Log,
        launch: @escaping @Sendable () throws(ScannerError) -> ScannerProcess
    ) {
        self.configuration = configuration
        self.log = log
        self.launch = launch
        state = Locked(State())
        var ends: [CInt] = [-1, -1]
        guard unsafe lz_pipe(&ends) == 0 else { fatalError("no descriptor is left for a pipe") }
        bell = Descriptor(owning: ends[0])
        bellPush = Descriptor(owning: ends[1])
    }

    /// Readable when the thread is to look up.
    var bellNumber: CInt { bell.number }

    func withState<Result>(_ body: (inout sending State) -> sending Result) -> sending Result { state.withLock(body) }

    /// Whether the scanner was lost and could not be brought back so far.
    var isDown: Bool { withState { if case .down = $0.phase { true } else { false } } }

    func onServing(_ handler: @escaping @Sendable () -> Void) { self.handler.withLock { $0 = handler } }

    func tellServing() { handler.withLock { $0 }() }

    func wake() {
        let byte: [UInt8] = [1]
        // A full pipe wakes as well as one byte more would.
        _ = unsafe Glibc.write(bellPush.number, byte, 1)
    }

    // MARK: For the tasks that ask

    /// Sends a request to the next free child and waits for what becomes of it.
    ///
    /// A cancelled task gets its answer at once. A child that works for it is killed, and another one takes its slot.
    func ask(_ request: ScanRequest, descriptor: CInt, allowance: Duration) async -> CallResult {
        let id = withState { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let call = ScannerSlots.Call(
                    id: id, request: request, ticket: .random(), descriptor: descriptor, allowance: allowance,
                    waiter: waiter)
                enlist(call)
            }
        } onCancel: {
            guard let waiter = withState({ $0.cancel(id) }) else { return }
            wake()
            waiter.resume(returning: .cancelled)
        }
    }

    private func enlist(_ call: ScannerSlots<Waiter>.Call) {
        var refusal: CallResult?
        let needsWake = withState { state in
            // Asked under the lock: a cancellation either shows here or finds the call in line.
            if Task.isCancelled {
                refusal = .cancelled
                return false
            }
            switch state.phase {
            case .serving, .reloading:
                state.line.append(call)
                return Self.seatWaiting(&state)
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

    /// Sends what is in line to free children of the scanner that serves. Tells whether the thread is to be woken for it.
    ///
    /// The packets are sent under the lock: a call that is cancelled closes its descriptor, whose number may then mean
    /// another file. Sending does not wait: a free child has nothing unread.
    static func seatWaiting(_ state: inout State) -> Bool {
        guard let serving = state.generations.firstIndex(where: { $0.stage == .serving }) else { return false }
        var needsWake = false
        while let call = state.line.first,
            let (slot, child) = state.generations[serving].seats.seat(call, now: .now)
        {
            state.line.removeFirst()
            state.isBusy = true
            let packet = call.ticket.append(to: call.request.packet)
            let sent = unsafe packet.withUnsafeBytes {
                unsafe lz_send(child.socket, $0.baseAddress, $0.count, call.descriptor)
            }
            if sent != packet.count {
                state.broken.append((state.generations[serving].number, slot))
                needsWake = true
            } else if let until = state.sleepsUntil, Instant.now + call.allowance < until {
                needsWake = true
            }
        }
        return needsWake
    }

    /// The engine that serves.
    func description() throws(ScannerError) -> EngineDescription {
        let phase = withState { $0.phase }
        switch phase {
        case .serving(let description): return description
        case .down(let error): throw error
        case .reloading: throw ScannerError(.unavailable, "the scanner is loading its signatures again")
        case .idle, .loading, .stopped: throw ScannerError(.stopped, "the scanner is not running")
        }
    }

    /// Has the signature folder looked at; the thread is woken with what is seen. Where the folder's file system does not
    /// answer, neither the thread nor the calls wait for it.
    func lookAtSignatures() {
        lookout.async { [self] in
            let begun = Instant.now
            let sight = SignatureLook(folder: configuration.signatures)
            withState { $0.look = (sight, begun) }
            wake()
        }
    }

    // MARK: Start and stop

    func start() async throws(ScannerError) -> EngineDescription {
        let result = await withCheckedContinuation { waiter in
            var begins = false
            let already: Result<EngineDescription, ScannerError>? = withState { state in
                switch state.phase {
                case .serving(let description): return .success(description)
                case .stopped: return .failure(ScannerError(.stopped, "the scanner was stopped"))
                case .idle, .loading, .reloading, .down:
                    state.starting.append(waiter)
                    state.wantsLoad = true
                    // Under the same lock: a stop that comes now must find a thread that will hear of it.
                    begins = !state.hasThread
                    state.hasThread = true
                    return nil
                }
            }
            if let already { return waiter.resume(returning: already) }
            if begins { listen() } else { wake() }
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

    /// Lets the scanner end without waiting for it.
    func abandon() {
        withState { $0.wantsStop = true }
        wake()
    }

    /// Begins the listening thread.
    private func listen() {
        var thread = pthread_t()
        let link = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { link in
                unsafe ScannerListener(Unmanaged<ScannerLink>.fromOpaque(link!).takeRetainedValue()).run()
                return nil
            }, link)
        guard code == 0 else { fatalError("no thread can be had for the scanner: \(SystemError("", code: code))") }
        _ = pthread_detach(thread)
    }
}
