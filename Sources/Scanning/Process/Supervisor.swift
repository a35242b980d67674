import CShims
import Glibc
import Sandbox
import ScanProtocol

/// Keeps a child in every slot until the worker closes the control socket: forks it, hands the worker's end of its socket
/// over once the child has introduced itself, and after its death cleans its scratch folder and forks the next one.
struct Supervisor: ~Copyable {
    /// What a new child finds: its end of the socket and of the report, and its scratch folder.
    struct ChildSetup {
        let socket: CInt
        let report: CInt
        let scratch: String
        /// The process that forked it.
        let parent: Int32
    }

    /// A child that runs.
    private struct Running {
        let process: pid_t
        /// The worker's end of its socket and our end of its report, until it has introduced itself.
        var introduction: (socket: CInt, report: CInt)?
        /// Why it was killed, or says that it cannot work.
        var reason = ""
        /// What it had used of the processor when its scratch folder was last looked at, in nanoseconds.
        var used: Int64 = 0
    }

    private struct Slot {
        var child: Running?
        /// No child is forked earlier: one that dies at once, time and again, does not take the processor over.
        var earliestFork: Int64 = 0
    }

    private static let forkPause: Int64 = 50
    /// After a child that did not come as far as its first request: the machine lacks something.
    private static let longForkPause: Int64 = 1000

    private let control: Control
    private let scratch: Scratch
    private let bounds: SandboxLimits
    private let childEvents: CInt
    private var slots: [Slot]
    private var nextLook: Int64 = 0

    init(control: Control, children: Int, scratch: Scratch, bounds: SandboxLimits) throws(StartFailure) {
        self.control = control
        self.scratch = scratch
        self.bounds = bounds
        slots = Array(repeating: Slot(), count: children)
        childEvents = lz_child_events()
        guard childEvents >= 0 else {
            throw StartFailure(reason: "signalfd: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Returns when the worker has gone and all children have ended.
    ///
    /// - Parameter child: what a forked child does; it does not return.
    consuming func run(child: (ChildSetup) -> Never) {
        while true {
            fillSlots(child)
            var sources = [
                pollfd(fd: Control.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: childEvents, events: Int16(POLLIN), revents: 0),
            ]
            let introducing = slots.indices.filter { slots[$0].child?.introduction != nil }
            for slot in introducing {
                sources.append(
                    pollfd(fd: slots[slot].child!.introduction!.report, events: Int16(POLLIN), revents: 0))
            }
            guard unsafe poll(&sources, nfds_t(sources.count), pause()) >= 0 || errno == EINTR else { break }
            for (index, slot) in introducing.enumerated() where sources[index + 2].revents != 0 { introduce(slot) }
            if sources[1].revents != 0 { reap() }
            watch()
            guard sources[0].revents != 0 else { continue }
            guard case .order(.kill(let slot, let process)) = control.receive() else { break }
            if slots.indices.contains(slot), slots[slot].child?.process == process { kill(process, SIGKILL) }
        }
        for child in slots.compactMap(\.child) { kill(child.process, SIGKILL) }
        while waitpid(-1, nil, 0) > 0 || errno == EINTR {}
    }

    // MARK: Beginnings

    private mutating func fillSlots(_ child: (ChildSetup) -> Never) {
        for slot in slots.indices where slots[slot].child == nil && slots[slot].earliestFork <= now() {
            slots[slot].earliestFork = now() + Self.forkPause
            fork(into: slot, child)
        }
    }

    /// Where a step fails, for want of memory, processes or disk, the slot stays empty and its turn comes again.
    private mutating func fork(into slot: Int, _ child: (ChildSetup) -> Never) {
        guard let folder = scratch.prepare(String(slot)), let ends = SocketPair() else { return }
        guard let reports = SocketPair() else {
            close(ends.near)
            return ends.closeFar()
        }
        let seat = ChildSetup(socket: ends.far, report: reports.far, scratch: folder, parent: getpid())
        let process = lz_fork()
        if process == 0 { child(seat) }
        ends.closeFar()
        reports.closeFar()
        if process > 0 {
            slots[slot].child = Running(process: process, introduction: (ends.near, reports.near))
        } else {
            close(ends.near)
            close(reports.near)
        }
    }

    /// Hands a child over to the worker, or keeps why it cannot work until its end is seen.
    private mutating func introduce(_ slot: Int) {
        guard var child = slots[slot].child, let (socket, report) = child.introduction else { return }
        switch Introduction.hear(at: report) {
        case .ready: control.send(.childStarted(slot: slot, process: child.process), descriptor: socket)
        case .failed(let reason):
            child.reason = "in its sandbox, the engine does not find what it must find (\(reason))"
            fallthrough
        case .childStarted, .childEnded, nil:
            slots[slot].earliestFork = now() + Self.longForkPause
        }
        close(socket)
        close(report)
        child.introduction = nil
        slots[slot].child = child
    }

    // MARK: Bounds

    /// Kills children whose scratch folder outgrew its bound. One that used no processor since the last look wrote nothing.
    private mutating func watch() {
        guard nextLook <= now() else { return }
        var isNear = false
        for slot in slots.indices {
            guard var child = slots[slot].child else { continue }
            let used = lz_nanoseconds_used(child.process)
            guard used != child.used else { continue }
            child.used = used
            let bound = Int64(bounds.scratch)
            let folder = scratch.folder(String(slot))
            let size = unsafe lz_tree_bytes(folder, bound) + lz_unnamed_bytes(child.process, folder)
            if size > bound, child.reason.isEmpty {
                child.reason = "its scratch folder held more than \(bound >> 20) MiB"
                kill(child.process, SIGKILL)
            }
            isNear = isNear || size > bound / 4
            slots[slot].child = child
        }
        nextLook = now() + (isNear ? ScratchWatch.whenNear : ScratchWatch.usually)
    }

    // MARK: Ends

    private mutating func reap() {
        var event = [UInt8](repeating: 0, count: 128)
        while unsafe read(childEvents, &event, event.count) > 0 {}
        while true {
            var status: CInt = 0
            let process = unsafe waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            guard let slot = slots.firstIndex(where: { $0.child?.process == process }) else { continue }
            if slots[slot].child?.introduction != nil { introduce(slot) }
            let known = slots[slot].child?.reason ?? ""
            slots[slot].child = nil
            scratch.remove(String(slot))
            control.send(
                .childEnded(
                    slot: slot, process: process, status: status,
                    reason: known.isEmpty ? Ending.reason(of: status) : known))
        }
    }

    /// Milliseconds until the next empty slot's turn or the next look at scratch comes; -1 where neither is awaited.
    private func pause() -> CInt {
        var times = slots.filter { $0.child == nil }.map(\.earliestFork)
        if slots.contains(where: { $0.child != nil }) { times.append(nextLook) }
        guard let earliest = times.min() else { return -1 }
        return CInt(max(1, min(earliest - now(), 1000)))
    }
}

/// How often scratch folders are looked at, in milliseconds. A look at children that idle is one system call each.
private enum ScratchWatch {
    static let usually: Int64 = 1000
    /// Where one holds more than a quarter of its bound.
    static let whenNear: Int64 = 100
}

private let origin = ContinuousClock.now

/// Milliseconds on a clock that only goes forward.
func now() -> Int64 {
    let elapsed = (ContinuousClock.now - origin).components
    return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
}
