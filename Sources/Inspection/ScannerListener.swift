internal import CShims
import Glibc
import ScanProtocol
import Support

/// The thread that listens to the scanner: it starts it, receives what its processes say, watches the clock, brings it
/// back when it is lost, and ends it.
///
/// It lives as long as the scanner may be needed, since the scanner is killed when the thread that started it ends.
struct ScannerListener: ~Copyable {
    private typealias Instant = ContinuousClock.Instant
    private typealias Call = Seats<ScannerLink.Waiter>.Call

    private let link: ScannerLink
    private var scanner: ScannerProcess?
    private var loadDeadline: Instant?
    private var nextLoad: Instant?
    /// What the scanner gave as its reason to end.
    private var reason: String?
    private var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)
    private static let stopPatience: CInt = 10_000

    init(_ link: ScannerLink) { self.link = link }

    consuming func run() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
        while true {
            let (wantsLoad, wantsStop) = link.withState { state in
                defer { state.wantsLoad = false }
                return (state.wantsLoad, state.wantsStop)
            }
            if wantsStop { return finish() }
            if scanner == nil, wantsLoad || nextLoad.map({ $0 <= .now }) == true { load() }
            listen()
            checkClock()
        }
    }

    // MARK: Listening

    /// Sleeps until something comes or the clock is to be looked at, and takes what came.
    private mutating func listen() {
        let times = [loadDeadline, nextLoad].compactMap { $0 }
        let patience = link.configuration.replacementTimeout
        let hasScanner = scanner != nil
        let (sockets, until) = link.withState { state in
            var times = times
            if let deadline = state.seats.nextDeadline { times.append(deadline) }
            if hasScanner, case .serving = state.phase, let since = state.seats.longestWithoutChild {
                times.append(since + patience)
            }
            // While calls come, the thread looks up once a second by itself, and no call need wake it for its deadline.
            if state.isBusy { times.append(.now + .seconds(1)) }
            let isToldMore = state.wantsStop || state.wantsLoad || !state.broken.isEmpty
            let until = isToldMore ? Instant.now : times.min() ?? Instant.now + .seconds(86_400)
            state.sleepsUntil = until
            return (state.seats.sockets, until)
        }
        var sources = [pollfd(fd: link.bellNumber, events: Int16(POLLIN), revents: 0)]
        sources.append(pollfd(fd: scanner?.control ?? -1, events: Int16(POLLIN), revents: 0))
        for (_, socket) in sockets { sources.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0)) }
        // One millisecond more, so that the time is up when the sleep ends.
        let milliseconds = (until - .now).wholeMilliseconds + 1
        let count = unsafe poll(&sources, nfds_t(sources.count), CInt(milliseconds))
        let broken = link.withState { state in
            state.sleepsUntil = nil
            if count == 0 { state.isBusy = false }
            defer { state.broken = [] }
            return state.broken
        }
        if sources[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            while unsafe read(link.bellNumber, &bytes, bytes.count) > 0 {}
        }
        // Replies first: an answer that was given before its child ended counts.
        for (index, (slot, socket)) in sockets.enumerated() where sources[index + 2].revents != 0 {
            receiveReply(slot, socket)
        }
        for slot in broken { dismiss(slot, answering: .died("its child took no request"), logging: "took no request") }
        if sources[1].revents != 0 { receiveReport() }
    }

    private enum Received {
        case packet(count: Int, descriptor: CInt)
        case nothing
        case end
        case unreadable
    }

    private mutating func receive(_ socket: CInt) -> Received {
        var descriptor: CInt = -1
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe lz_receive(socket, $0.baseAddress, $0.count, &descriptor)
        }
        if count > 0 { return .packet(count: count, descriptor: descriptor) }
        if descriptor >= 0 { close(descriptor) }
        if count == 0 { return .end }
        switch errno {
        case EAGAIN: return .nothing
        case EMSGSIZE, EBADMSG: return .unreadable
        default: return .end
        }
    }

    private mutating func receiveReply(_ slot: Int, _ socket: CInt) {
        switch receive(socket) {
        case .nothing:
            return
        case .end:
            dismiss(slot, answering: nil, logging: nil)
        case .unreadable:
            dismiss(slot, answering: .died("its child's reply was too long"), logging: "sent a reply that is too long")
        case .packet(let count, let descriptor):
            if descriptor >= 0 {
                close(descriptor)
                let problem = "sent a descriptor"
                return dismiss(slot, answering: .died("its child \(problem)"), logging: problem)
            }
            // A child that was asked once and has said more is not to be believed in any of it.
            var byte: UInt8 = 0
            if unsafe recv(socket, &byte, 1, CInt(MSG_PEEK)) > 0 {
                let problem = "answered more than it was asked"
                return dismiss(slot, answering: .died("its child \(problem)"), logging: problem)
            }
            do throws(PacketError) {
                guard let (messageCount, ticket) = Ticket.split(buffer, count: count) else { throw .tooShort }
                accept(try ScanReply(packet: buffer, count: messageCount), slot, ticket)
            } catch {
                let problem = "sent what is no reply (\(error))"
                dismiss(slot, answering: .died("its child \(problem)"), logging: problem)
            }
        }
    }

    private mutating func accept(_ reply: ScanReply, _ slot: Int, _ ticket: Ticket) {
        let (call, wasAsked, description) = link.withState { state in
            let (call, wasAsked) = state.seats.answered(slot: slot, reply, ticket)
            // The thread is at work and looks at all deadlines before it sleeps: nobody needs waking.
            _ = ScannerLink.seatWaiting(&state)
            let description: EngineDescription? = if case .serving(let one) = state.phase { one } else { nil }
            return (call, wasAsked, description)
        }
        guard wasAsked, let description else {
            let problem = "gave an answer that it was not asked for"
            return dismiss(slot, answering: .died("its child \(problem)"), logging: problem)
        }
        call?.waiter.resume(returning: .reply(reply, description))
    }

    /// Gives a slot's child up: no more is heard from it, and the scanner is told to kill it.
    ///
    /// - Parameters:
    ///   - answer: what its call comes to; nil leaves the call until the scanner says how the child ended.
    ///   - problem: for the log; nil where the end will be logged when the scanner tells of it.
    private mutating func dismiss(_ slot: Int, answering answer: Exchange?, logging problem: String?) {
        let abandoned = link.withState { state in
            state.seats.abandon(slot: slot, keepingCall: answer == nil, now: .now)
        }
        guard let (child, call) = abandoned else { return }
        close(child.socket)
        if let problem {
            link.log(.warning, "scanner child is killed") { json in
                json.field("slot", slot)
                json.field("process", child.process)
                json.field("reason", problem)
            }
        }
        if let scanner {
            let order = ControlOrder.kill(slot: slot, process: child.process).packet
            // Where the scanner does not take the order, the missing replacement will show.
            _ = unsafe order.withUnsafeBytes { unsafe lz_send(scanner.control, $0.baseAddress, $0.count, -1) }
        }
        if let answer { call?.waiter.resume(returning: answer) }
    }

    // MARK: The scanner's first process

    private mutating func receiveReport() {
        guard let scanner else { return }
        switch receive(scanner.control) {
        case .nothing:
            return
        case .end:
            lose("the scanner ended")
        case .unreadable:
            lose("the scanner sent what cannot be read")
        case .packet(let count, let descriptor):
            do throws(PacketError) {
                accept(try ControlReport(packet: buffer, count: count), descriptor)
            } catch {
                if descriptor >= 0 { close(descriptor) }
                lose("the scanner sent what is no report (\(error))")
            }
        }
    }

    private mutating func accept(_ report: ControlReport, _ descriptor: CInt) {
        var descriptor = descriptor
        defer { if descriptor >= 0 { close(descriptor) } }
        switch report {
        case .ready(let facts):
            loadDeadline = nil
            let description = EngineDescription(facts)
            link.log(.info, "scanner is ready") { json in
                json.field("engine", description.engine)
                json.field("signatures", description.signatures)
                json.field("signatureCount", description.signatureCount)
            }
            let starting = link.withState { state in
                state.phase = .serving(description)
                state.seats.renew(now: .now)
                defer { state.starting = [] }
                return state.starting
            }
            for waiter in starting { waiter.resume(returning: .success(description)) }
        case .failed(let why):
            reason = why
        case .childStarted(let slot, let process):
            guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
                return lose("the scanner sent a child without a socket")
            }
            let child = Seats<ScannerLink.Waiter>.Child(process: process, socket: descriptor)
            let isTaken = link.withState { state in
                guard state.seats.started(slot: slot, child) else { return false }
                _ = ScannerLink.seatWaiting(&state)
                return true
            }
            if isTaken { descriptor = -1 } else { lose("the scanner sent a child for slot \(slot), which is taken") }
        case .childEnded(let slot, let process, let status, let reason):
            let (socket, call) = link.withState { $0.seats.ended(slot: slot, process: process, now: .now) }
            if let socket { close(socket) }
            let how = describe(waitStatus: status) + (reason.isEmpty ? "" : ", \(reason)")
            link.log(.warning, "scanner child ended") { json in
                json.field("slot", slot)
                json.field("process", process)
                json.field("how", how)
            }
            call?.waiter.resume(returning: .died(how))
        }
    }

    private mutating func load() {
        nextLoad = nil
        reason = nil
        do throws(ScannerError) {
            let scanner = try link.launch()
            _ = fcntl(scanner.control, F_SETFL, O_NONBLOCK)
            self.scanner = scanner
            loadDeadline = .now + link.configuration.loadTimeout
            link.withState { state in
                if case .idle = state.phase { state.phase = .loading }
            }
        } catch {
            failToLoad(error)
        }
    }

    /// Buries a scanner that is of no use any more, and loads the next one where the last one had come up.
    private mutating func lose(_ why: String) {
        guard let (how, wasServing) = bury() else { return }
        if wasServing {
            link.log(.error, "scanner is lost and loaded again") { json in
                json.field("reason", why)
                json.field("how", how)
            }
            load()
        } else {
            let code: ScannerError.Code = .start
            failToLoad(
                reason.map { ScannerError(code, $0) }
                    ?? ScannerError(
                        code, "\(why) while it loaded its signatures (\(how))",
                        hint: "its own messages stand above; too little memory is a common cause"))
        }
    }

    /// Ends the process and answers the calls that its children had.
    private mutating func bury() -> (how: String, wasServing: Bool)? {
        guard let scanner else { return nil }
        self.scanner = nil
        loadDeadline = nil
        scanner.kill()
        close(scanner.control)
        let (how, usage) = scanner.wait()
        let (sockets, calls, wasServing) = link.withState { state in
            state.usage.add(usage)
            let (sockets, calls) = state.seats.clear(now: .now)
            if case .serving = state.phase {
                state.phase = .reloading
                return (sockets, calls, true)
            }
            return (sockets, calls, false)
        }
        for socket in sockets { close(socket) }
        for call in calls { call.waiter.resume(returning: .lost(how)) }
        return (how, wasServing)
    }

    /// A first load that fails is the starter's to mend; later ones are tried again from time to time.
    private mutating func failToLoad(_ error: ScannerError) {
        let (starting, calls, isFirst) = link.withState { state in
            let isFirst =
                if case .loading = state.phase { true } else if case .idle = state.phase { true } else { false }
            state.phase = isFirst ? .idle : .down(ScannerError(.unavailable, error.message, hint: error.hint))
            defer { state.starting = [] }
            return (state.starting, state.seats.takeAllCalls(), isFirst)
        }
        if !isFirst {
            nextLoad = .now + link.configuration.reloadPause
            link.log(.error, "scanner cannot be loaded; it is tried again") { $0.field("reason", error.description) }
        }
        for waiter in starting { waiter.resume(returning: .failure(error)) }
        let answer = ScannerError(.unavailable, error.message, hint: error.hint)
        for call in calls { call.waiter.resume(returning: .unavailable(answer)) }
    }

    // MARK: Time

    private mutating func checkClock() {
        if let loadDeadline, loadDeadline <= .now {
            reason = "the scanner did not load its signatures within \(link.configuration.loadTimeout)"
            return lose("the scanner was too slow")
        }
        let (late, waitsSince) = link.withState { state in
            if case .serving = state.phase { return (state.seats.late(now: .now), state.seats.longestWithoutChild) }
            return ([], nil)
        }
        for slot in late { dismiss(slot, answering: .late, logging: "out of time") }
        if let waitsSince, waitsSince + link.configuration.replacementTimeout <= .now {
            lose("the scanner brings no child")
        }
    }

    // MARK: The end

    /// Closes the control socket, at which the scanner ends its children and itself, and waits for it.
    private consuming func finish() {
        let (calls, starting) = link.withState { state in
            defer { state.starting = [] }
            return (state.seats.takeAllCalls(), state.starting)
        }
        let error = ScannerError(.stopped, "the scanner was stopped")
        for call in calls { call.waiter.resume(returning: .unavailable(error)) }
        for waiter in starting { waiter.resume(returning: .failure(error)) }
        if let scanner, loadDeadline == nil {
            shutdown(scanner.control, CInt(SHUT_WR))
            var source = pollfd(fd: scanner.control, events: Int16(POLLIN), revents: 0)
            let deadline = Instant.now + .milliseconds(Int64(Self.stopPatience))
            while deadline > .now, unsafe poll(&source, 1, Self.stopPatience) > 0 {
                // Reports on ending children may still come; the end of the socket is the end of the process.
                switch receive(scanner.control) {
                case .packet(_, let descriptor): if descriptor >= 0 { close(descriptor) }
                case .nothing, .unreadable: continue
                case .end: source.fd = -1
                }
                if source.fd < 0 { break }
            }
        }
        _ = bury()
        let (stopping, usage) = link.withState { state in
            state.phase = .stopped
            defer { state.stopping = [] }
            return (state.stopping, state.usage)
        }
        for waiter in stopping { waiter.resume(returning: usage) }
    }
}

extension ScannerUsage {
    /// Of two scanners one after the other.
    mutating func add(_ other: ScannerUsage) {
        cpu += other.cpu
        maxResidentBytes = max(maxResidentBytes, other.maxResidentBytes)
    }
}
