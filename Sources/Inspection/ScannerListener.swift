internal import CShims
import Glibc
import ScanProtocol
import Support

/// The thread that receives from the scanners' processes and watches the clock. `ScannerListener+Handover.swift` has
/// its other half: it starts scanners, hands over from one to the next, and ends them.
///
/// The thread lives as long as a scanner may be needed: a scanner is killed when the thread that started it ends.
struct ScannerListener: ~Copyable {
    typealias Instant = ContinuousClock.Instant

    let link: ScannerLink
    var watch: SignatureWatch
    /// When the signature folder is read next; nil while it is being read, and if it is never read again.
    var nextSnapshot: Instant?
    var lastSnapshotStartedAt: Instant?
    /// When to start a scanner again after a failed load.
    var nextLoad: Instant?
    /// The last set that served, with which the next one is compared.
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
                let hasScanner = state.generations.serving != nil || state.generations.candidate != nil
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

    /// Sleeps until a packet, a wake-up or the next deadline, and receives what arrived.
    private mutating func listen() {
        let times = [nextLoad, nextSnapshot].compactMap { $0 }
        let replacementTimeout = link.configuration.replacementTimeout
        let (generations, until) = link.withState { state in
            var times = times + state.generations.compactMap { $0.nextDeadline(replacementTimeout: replacementTimeout) }
            // While calls arrive, the thread wakes every second, so that few calls need to wake it for their deadlines.
            if state.isBusy || !state.queue.isEmpty { times.append(.now + .seconds(1)) }
            let hasWork = state.wantsStop || state.wantsLoad || state.newSnapshot != nil || !state.failedSends.isEmpty
            let until = hasWork ? Instant.now : times.min() ?? Instant.now + .seconds(86_400)
            state.sleepsUntil = until
            return (state.generations, until)
        }
        let children = generations.flatMap { one in one.slots.sockets.map { (one.number, $0.slot, $0.socket) } }
        let numbers = [link.wakeDescriptor] + generations.map(\.process.control) + children.map(\.2)
        var sources = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // One millisecond more, so that the deadline has passed when the sleep ends.
        let milliseconds = (until - .now).wholeMilliseconds + 1
        let count = unsafe poll(&sources, nfds_t(sources.count), CInt(milliseconds))
        let failedSends = link.withState { state in
            state.sleepsUntil = nil
            if count == 0 { state.isBusy = false }
            defer { state.failedSends = [] }
            return state.failedSends
        }
        if sources[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            while unsafe read(link.wakeDescriptor, &bytes, bytes.count) > 0 {}
        }
        // Replies first: a reply that was sent before its child ended counts.
        for (source, (number, slot, socket)) in zip(sources.dropFirst(1 + generations.count), children)
        where source.revents != 0 {
            receiveReply(number, slot, socket)
        }
        killUnwanted()
        for (number, slot) in failedSends {
            killMisbehaving(number, slot, "did not take its request")
        }
        // A report from one scanner never ends another one, so each socket is still open when its turn comes.
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
            killChild(number, slot, result: nil, reason: nil)
        case .unreadable:
            killMisbehaving(number, slot, "sent a reply that is too long")
        case .packet(let count, let descriptor):
            if descriptor >= 0 {
                close(descriptor)
                return killMisbehaving(number, slot, "sent a descriptor")
            }
            // If a child sends more than the one reply, none of it is trusted.
            var byte: UInt8 = 0
            if unsafe recv(socket, &byte, 1, CInt(MSG_PEEK)) > 0 {
                return killMisbehaving(number, slot, "sent more than one reply")
            }
            do throws(PacketError) {
                guard let (messageCount, nonce) = Nonce.split(buffer, count: count) else { throw .tooShort }
                accept(try ScanReply(packet: buffer, count: messageCount), number, slot, nonce)
            } catch {
                killMisbehaving(number, slot, "sent an invalid reply (\(error))")
            }
        }
    }

    private mutating func accept(_ reply: ScanReply, _ number: Int, _ slot: Int, _ nonce: Nonce) {
        let bound = link.configuration.requestsPerChild
        let (call, wasAsked, description, retired) = link.withState { state in
            let answered = state.generations.change(number) { generation in
                let answer = generation.slots.answered(slot: slot, reply, nonce)
                let old = answer.wasAsked ? generation.slots.retire(slot: slot, after: bound, now: .now) : nil
                return (answer, generation.description, old.map { (generation.process.control, $0) })
            }
            // This is the thread itself, which checks all deadlines before it sleeps: it need not be woken.
            _ = ScannerLink.assignWaitingCalls(&state)
            return (answered?.0.call, answered?.0.wasAsked ?? false, answered?.1, answered?.2)
        }
        if let (control, child) = retired { closeAndKill(child, slot, control) }
        guard wasAsked, let description else {
            return killMisbehaving(number, slot, "sent a reply that was not asked for")
        }
        call?.waiter.resume(returning: .reply(reply, description))
    }

    /// Kills a child that broke the protocol; its call counts it as a death.
    private mutating func killMisbehaving(_ number: Int, _ slot: Int, _ problem: String) {
        killChild(number, slot, result: .died("its child \(problem)"), reason: problem)
    }

    /// Closes the socket of a slot's child and has the scanner kill it.
    ///
    /// - Parameters:
    ///   - result: the result of its call; nil leaves the call open until the scanner reports how the child ended.
    ///   - reason: for the log; nil if the child's end will be logged when the scanner reports it.
    private mutating func killChild(_ number: Int, _ slot: Int, result: CallResult?, reason: String?) {
        let abandoned: (control: CInt, child: Generation.ScannerSlots.Child, call: ScannerLink.Call?)? = link.withState
        {
            state in
            let abandoned = state.generations.change(number) { generation in
                generation.slots.abandon(slot: slot, keepingCall: result == nil, now: .now)
                    .map { (generation.process.control, $0.child, $0.call) }
            }
            return abandoned ?? nil
        }
        guard let (control, child, call) = abandoned else { return }
        if let reason {
            link.log(.warning, "scanner child killed") { json in
                json.field("slot", slot)
                json.field("process", child.process)
                json.field("reason", reason)
            }
        }
        closeAndKill(child, slot, control)
        if let result { call?.waiter.resume(returning: result) }
    }

    /// Kills the children that work for cancelled calls.
    private mutating func killUnwanted() {
        let unwanted = link.withState { state in
            state.generations.indices.flatMap { index in
                let control = state.generations[index].process.control
                return state.generations[index].slots.retireUnwanted(now: .now).map { (control, $0.slot, $0.child) }
            }
        }
        for (control, slot, child) in unwanted { closeAndKill(child, slot, control) }
    }

    /// Closes a child's socket and has its scanner kill it.
    func closeAndKill(_ child: Generation.ScannerSlots.Child, _ slot: Int, _ control: CInt) {
        close(child.socket)
        let order = ControlOrder.kill(slot: slot, process: child.process).packet
        // If the scanner does not take the order, its missing replacement will be noticed.
        _ = unsafe order.withUnsafeBytes { unsafe lz_send(control, $0.baseAddress, $0.count, -1) }
    }

    private mutating func receiveReport(_ number: Int, _ control: CInt) {
        switch receive(control) {
        case .nothing:
            return
        case .end:
            lose(number, "the scanner ended")
        case .unreadable:
            lose(number, "the scanner sent an unreadable packet")
        case .packet(let count, let descriptor):
            do throws(PacketError) {
                accept(try ControlReport(packet: buffer, count: count), descriptor, number)
            } catch {
                if descriptor >= 0 { close(descriptor) }
                lose(number, "the scanner sent an invalid report (\(error))")
            }
        }
    }

    private mutating func accept(_ report: ControlReport, _ descriptor: CInt, _ number: Int) {
        var descriptor = descriptor
        defer { if descriptor >= 0 { close(descriptor) } }
        switch report {
        case .ready(let facts):
            becameReady(number, EngineDescription(facts))
        case .failed(let why):
            link.withState { state in _ = state.generations.change(number) { $0.reason = why } }
        case .childStarted(let slot, let process):
            guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
                return lose(number, "the scanner reported a child without a socket")
            }
            let child = Generation.ScannerSlots.Child(process: process, socket: descriptor)
            let isTaken = link.withState { state in
                let isTaken = state.generations.change(number) { generation in
                    guard generation.description != nil, generation.slots.started(slot: slot, child) else {
                        return false
                    }
                    if generation.stage == .ready, generation.slots.allFree { generation.completeSince = .now }
                    return true
                }
                _ = ScannerLink.assignWaitingCalls(&state)
                return isTaken ?? false
            }
            guard isTaken else {
                return lose(number, "the scanner reported a child for slot \(slot), which takes none")
            }
            descriptor = -1
        case .childEnded(let slot, let process, let status, let reason):
            let ended = link.withState { state in
                state.generations.change(number) { generation in
                    generation.completeSince = nil
                    return (generation.stage, generation.slots.ended(slot: slot, process: process, now: .now))
                }
            }
            guard let (stage, childEnd) = ended, stage != .ending else { return }
            if let socket = childEnd.socket { close(socket) }
            if childEnd.wasRetired { return }
            let how = describe(waitStatus: status) + (reason.isEmpty ? "" : ", \(reason)")
            link.log(.warning, "scanner child ended") { json in
                json.field("slot", slot)
                json.field("process", process)
                json.field("how", how)
            }
            let end = ChildEnd(status: status)
            if ChildEnd.isCrash(status: status) {
                link.withState { state in _ = state.generations.change(number) { $0.crashes += 1 } }
            }
            childEnd.call?.waiter.resume(returning: end == .other ? .died(how) : .gaveUp(end, how))
        }
    }

    // MARK: Time

    private mutating func checkClock() {
        let now = Instant.now
        let replacementTimeout = link.configuration.replacementTimeout
        for generation in link.withState({ $0.generations }) {
            if let deadline = generation.deadline, deadline <= now {
                exceededDeadline(generation)
                continue
            }
            takeBackReserved(generation.number, now: now)
            for slot in generation.slots.timedOut(now: now) {
                killChild(generation.number, slot, result: .timedOut, reason: "out of time")
            }
            if let since = generation.unresponsiveSince, since + replacementTimeout <= now {
                lose(generation.number, "the scanner did not replace a child in time")
            }
        }
        // Its last call is done.
        for generation in link.withState({ $0.generations })
        where generation.stage == .retiring && !generation.slots.hasCalls {
            end(generation.number, killing: false)
        }
        // Slots of the serving scanner may have become usable. No wake-up: this is the thread itself.
        link.withState { _ = ScannerLink.assignWaitingCalls(&$0) }
    }
}
