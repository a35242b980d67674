internal import CShims
import Glibc
import ScanProtocol
import Support

/// The thread that listens to the scanners: it receives what their processes say, watches the clock, and, in
/// `Succession.swift`, starts them, has one follow the other, and ends them.
///
/// It lives as long as a scanner may be needed, since a scanner is killed when the thread that started it ends.
struct ScannerListener: ~Copyable {
    typealias Instant = ContinuousClock.Instant

    let link: ScannerLink
    var watch: SignatureWatch
    /// When the signature folder is looked at next; nil where it is being looked at, or never.
    var nextLook: Instant?
    var lastLookBegun: Instant?
    /// When a scanner that could not be loaded is tried again.
    var nextLoad: Instant?
    /// The last set that served: what follows is held against it.
    var accepted: EngineDescription?
    var lastNumber = 0
    private var buffer = [UInt8](repeating: 0, count: Packet.maximumLength)

    init(_ link: ScannerLink) {
        self.link = link
        watch = SignatureWatch(interval: link.configuration.signatureInterval ?? .zero)
    }

    consuming func run() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
        while true {
            let (wantsLoad, wantsStop, hasScanner) = link.withState { state in
                defer { state.wantsLoad = false }
                let hasScanner = state.generations.serving != nil || state.generations.coming != nil
                return (state.wantsLoad, state.wantsStop, hasScanner)
            }
            if wantsStop { return finish() }
            if !hasScanner, wantsLoad || nextLoad.map({ $0 <= .now }) == true { load() }
            listen()
            checkClock()
            watchSignatures()
        }
    }

    // MARK: Listening

    /// Sleeps until something comes or the clock is to be looked at, and takes what came.
    private mutating func listen() {
        let times = [nextLoad, nextLook].compactMap { $0 }
        let patience = link.configuration.replacementTimeout
        let (generations, until) = link.withState { state in
            var times = times + state.generations.compactMap { $0.nextDeadline(patience: patience) }
            // While calls come, the thread looks up once a second by itself, and no call need wake it for its deadline.
            if state.isBusy { times.append(.now + .seconds(1)) }
            let isToldMore = state.wantsStop || state.wantsLoad || state.look != nil || !state.broken.isEmpty
            let until = isToldMore ? Instant.now : times.min() ?? Instant.now + .seconds(86_400)
            state.sleepsUntil = until
            return (state.generations, until)
        }
        let children = generations.flatMap { one in one.seats.sockets.map { (one.number, $0.slot, $0.socket) } }
        let numbers = [link.bellNumber] + generations.map(\.process.control) + children.map(\.2)
        var sources = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
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
        for (source, (number, slot, socket)) in zip(sources.dropFirst(1 + generations.count), children)
        where source.revents != 0 {
            receiveReply(number, slot, socket)
        }
        discardUnwanted()
        for (number, slot) in broken {
            dismiss(number, slot, answering: .died("its child took no request"), logging: "took no request")
        }
        // What one scanner says never ends another one, so that each still has its socket when its turn comes.
        for (source, generation) in zip(sources.dropFirst(), generations) where source.revents != 0 {
            receiveReport(generation.number, generation.process.control)
        }
    }

    enum Received {
        case packet(count: Int, descriptor: CInt)
        case nothing
        case end
        case unreadable
    }

    mutating func receive(_ socket: CInt) -> Received {
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

    private mutating func receiveReply(_ number: Int, _ slot: Int, _ socket: CInt) {
        switch receive(socket) {
        case .nothing:
            return
        case .end:
            dismiss(number, slot, answering: nil, logging: nil)
        case .unreadable:
            dismiss(
                number, slot, answering: .died("its child's reply was too long"),
                logging: "sent a reply that is too long")
        case .packet(let count, let descriptor):
            if descriptor >= 0 {
                close(descriptor)
                let problem = "sent a descriptor"
                return dismiss(number, slot, answering: .died("its child \(problem)"), logging: problem)
            }
            // A child that was asked once and has said more is not to be believed in any of it.
            var byte: UInt8 = 0
            if unsafe recv(socket, &byte, 1, CInt(MSG_PEEK)) > 0 {
                let problem = "answered more than it was asked"
                return dismiss(number, slot, answering: .died("its child \(problem)"), logging: problem)
            }
            do throws(PacketError) {
                guard let (messageCount, ticket) = Nonce.split(buffer, count: count) else { throw .tooShort }
                accept(try ScanReply(packet: buffer, count: messageCount), number, slot, ticket)
            } catch {
                let problem = "sent what is no reply (\(error))"
                dismiss(number, slot, answering: .died("its child \(problem)"), logging: problem)
            }
        }
    }

    private mutating func accept(_ reply: ScanReply, _ number: Int, _ slot: Int, _ ticket: Nonce) {
        let bound = link.configuration.requestsPerChild
        let (call, wasAsked, description, retired) = link.withState { state in
            let answered = state.generations.change(number) { generation in
                let answer = generation.seats.answered(slot: slot, reply, ticket)
                let old = answer.wasAsked ? generation.seats.retire(slot: slot, after: bound, now: .now) : nil
                return (answer, generation.description, old.map { (generation.process.control, $0) })
            }
            // The thread is at work and looks at all deadlines before it sleeps: nobody needs waking.
            _ = ScannerLink.seatWaiting(&state)
            return (answered?.0.call, answered?.0.wasAsked ?? false, answered?.1, answered?.2)
        }
        if let (control, child) = retired { discard(child, slot, control) }
        guard wasAsked, let description else {
            let problem = "gave an answer that it was not asked for"
            return dismiss(number, slot, answering: .died("its child \(problem)"), logging: problem)
        }
        call?.waiter.resume(returning: .reply(reply, description))
    }

    /// Gives a slot's child up: no more is heard from it, and its scanner is told to kill it.
    ///
    /// - Parameters:
    ///   - answer: what its call comes to; nil leaves the call until the scanner says how the child ended.
    ///   - problem: for the log; nil where the end will be logged when the scanner tells of it.
    private mutating func dismiss(
        _ number: Int, _ slot: Int, answering answer: CallResult?, logging problem: String?
    ) {
        let abandoned: (control: CInt, child: Generation.ScannerSlots.Child, call: ScannerLink.Call?)? = link.withState
        {
            state in
            let abandoned = state.generations.change(number) { generation in
                generation.seats.abandon(slot: slot, keepingCall: answer == nil, now: .now)
                    .map { (generation.process.control, $0.child, $0.call) }
            }
            return abandoned ?? nil
        }
        guard let (control, child, call) = abandoned else { return }
        if let problem {
            link.log(.warning, "scanner child is killed") { json in
                json.field("slot", slot)
                json.field("process", child.process)
                json.field("reason", problem)
            }
        }
        discard(child, slot, control)
        if let answer { call?.waiter.resume(returning: answer) }
    }

    /// Gives the children up that work for calls which were cancelled.
    private mutating func discardUnwanted() {
        let unwanted = link.withState { state in
            state.generations.indices.flatMap { index in
                let control = state.generations[index].process.control
                return state.generations[index].seats.retireUnwanted(now: .now).map { (control, $0.slot, $0.child) }
            }
        }
        for (control, slot, child) in unwanted { discard(child, slot, control) }
    }

    /// Hears no more of a child, and has its scanner kill it.
    private func discard(_ child: Generation.ScannerSlots.Child, _ slot: Int, _ control: CInt) {
        close(child.socket)
        let order = ControlOrder.kill(slot: slot, process: child.process).packet
        // Where the scanner does not take the order, the missing replacement will show.
        _ = unsafe order.withUnsafeBytes { unsafe lz_send(control, $0.baseAddress, $0.count, -1) }
    }

    private mutating func receiveReport(_ number: Int, _ control: CInt) {
        switch receive(control) {
        case .nothing:
            return
        case .end:
            lose(number, "the scanner ended")
        case .unreadable:
            lose(number, "the scanner sent what cannot be read")
        case .packet(let count, let descriptor):
            do throws(PacketError) {
                accept(try ControlReport(packet: buffer, count: count), descriptor, number)
            } catch {
                if descriptor >= 0 { close(descriptor) }
                lose(number, "the scanner sent what is no report (\(error))")
            }
        }
    }

    private mutating func accept(_ report: ControlReport, _ descriptor: CInt, _ number: Int) {
        var descriptor = descriptor
        defer { if descriptor >= 0 { close(descriptor) } }
        switch report {
        case .ready(let facts):
            prove(number, EngineDescription(facts))
        case .failed(let why):
            link.withState { state in _ = state.generations.change(number) { $0.reason = why } }
        case .childStarted(let slot, let process):
            guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
                return lose(number, "the scanner sent a child without a socket")
            }
            let child = Generation.ScannerSlots.Child(process: process, socket: descriptor)
            let isTaken = link.withState { state in
                let isTaken = state.generations.change(number) { generation in
                    guard generation.description != nil, generation.seats.started(slot: slot, child) else {
                        return false
                    }
                    if generation.stage == .proven, generation.seats.allFree { generation.completeSince = .now }
                    return true
                }
                _ = ScannerLink.seatWaiting(&state)
                return isTaken ?? false
            }
            guard isTaken else {
                return lose(number, "the scanner sent a child for slot \(slot), which takes none")
            }
            descriptor = -1
        case .childEnded(let slot, let process, let status, let reason):
            let ended = link.withState { state in
                state.generations.change(number) { generation in
                    generation.completeSince = nil
                    return (generation.stage, generation.seats.ended(slot: slot, process: process, now: .now))
                }
            }
            guard let (stage, leavings) = ended, stage != .ending else { return }
            if let socket = leavings.socket { close(socket) }
            if leavings.wasRetired { return }
            let how = describe(waitStatus: status) + (reason.isEmpty ? "" : ", \(reason)")
            link.log(.warning, "scanner child ended") { json in
                json.field("slot", slot)
                json.field("process", process)
                json.field("how", how)
            }
            leavings.call?.waiter.resume(returning: .died(how))
        }
    }

    // MARK: Time

    private mutating func checkClock() {
        let now = Instant.now
        let patience = link.configuration.replacementTimeout
        for generation in link.withState({ $0.generations }) {
            if let deadline = generation.deadline, deadline <= now {
                overstayed(generation)
                continue
            }
            for slot in generation.seats.timedOut(now: now) {
                dismiss(generation.number, slot, answering: .timedOut, logging: "out of time")
            }
            if let since = generation.silentSince, since + patience <= now {
                lose(generation.number, "the scanner brings no child")
            }
        }
        // Its last call is done: whoever gave up, or has the answer, needs it no more.
        for generation in link.withState({ $0.generations })
        where generation.stage == .retiring && !generation.seats.hasCalls {
            end(generation.number, killing: false)
        }
    }
}
