import CShims
import Glibc
import Sandbox
import ScanProtocol

/// Keeps a child in every slot until the worker closes the control socket. It forks the child, passes the worker's end
/// of its socket on once the child has reported its startup, and after the child's end deletes its scratch folder and
/// forks the next one.
struct Supervisor: ~Copyable {
    /// What a new child gets: its ends of the request socket and of the report socket, and its scratch folder.
    struct ChildSetup {
        let socket: CInt
        let report: CInt
        let scratch: String
        /// The process that forked it.
        let parent: Int32
    }

    private struct RunningChild {
        let process: pid_t
        /// The worker's end of its socket and this process's end of its report socket, until it has reported its
        /// startup.
        var startup: (socket: CInt, report: CInt)?
        /// Why it was killed, or why it reports that it cannot work.
        var reason = ""
        /// The processor time in nanoseconds that it had used when its scratch folder was last checked.
        var usedNanoseconds: Int64 = 0
    }

    private struct Slot {
        var child: RunningChild?
        /// No child is forked before this time, so that children that die at once do not take all processor time.
        var earliestFork: Int64 = 0
    }

    private static let forkPause: Int64 = 50
    /// After a child that did not start: the machine is probably short of something.
    private static let failedStartPause: Int64 = 1000

    private let control: ControlSocket
    private let scratch: Scratch
    private let limits: SandboxLimits
    private let childEvents: CInt
    private var slots: [Slot]
    private var nextScratchCheck: Int64 = 0

    init(control: ControlSocket, children: Int, scratch: Scratch, limits: SandboxLimits) throws(StartFailure) {
        self.control = control
        self.scratch = scratch
        self.limits = limits
        slots = Array(repeating: Slot(), count: children)
        childEvents = lz_child_events()
        guard childEvents >= 0 else {
            throw StartFailure(reason: "signalfd: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Returns after the worker has closed the control socket and all children have ended.
    ///
    /// - Parameter child: runs in a forked child and does not return.
    consuming func run(child: (ChildSetup) -> Never) {
        while true {
            fillSlots(child)
            var sources = [
                pollfd(fd: ControlSocket.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: childEvents, events: Int16(POLLIN), revents: 0),
            ]
            let starting = slots.indices.filter { slots[$0].child?.startup != nil }
            for slot in starting {
                sources.append(
                    pollfd(fd: slots[slot].child!.startup!.report, events: Int16(POLLIN), revents: 0))
            }
            guard unsafe poll(&sources, nfds_t(sources.count), pollTimeout()) >= 0 || errno == EINTR else { break }
            for (index, slot) in starting.enumerated() where sources[index + 2].revents != 0 { finishStartup(of: slot) }
            if sources[1].revents != 0 { reap() }
            checkScratchFolders()
            guard sources[0].revents != 0 else { continue }
            guard case .order(.kill(let slot, let process)) = control.receive() else { break }
            if slots.indices.contains(slot), slots[slot].child?.process == process { kill(process, SIGKILL) }
        }
        for child in slots.compactMap(\.child) { kill(child.process, SIGKILL) }
        while waitpid(-1, nil, 0) > 0 || errno == EINTR {}
    }

    // MARK: Starting

    private mutating func fillSlots(_ child: (ChildSetup) -> Never) {
        for slot in slots.indices where slots[slot].child == nil && slots[slot].earliestFork <= now() {
            slots[slot].earliestFork = now() + Self.forkPause
            fork(into: slot, child)
        }
    }

    /// If a step fails because memory, processes or disk are short, the slot stays empty until the next attempt.
    private mutating func fork(into slot: Int, _ child: (ChildSetup) -> Never) {
        guard let folder = scratch.prepare(String(slot)), let ends = SocketPair() else { return }
        guard let reports = SocketPair() else {
            close(ends.near)
            return ends.closeFar()
        }
        let setup = ChildSetup(socket: ends.far, report: reports.far, scratch: folder, parent: getpid())
        let process = lz_fork()
        if process == 0 { child(setup) }
        ends.closeFar()
        reports.closeFar()
        if process > 0 {
            slots[slot].child = RunningChild(process: process, startup: (ends.near, reports.near))
        } else {
            close(ends.near)
            close(reports.near)
        }
    }

    /// Passes a child on to the worker, or keeps the reason why it cannot work until it ends.
    private mutating func finishStartup(of slot: Int) {
        guard var child = slots[slot].child, let (socket, report) = child.startup else { return }
        switch ChildStartup.receiveReport(from: report) {
        case .ready: control.send(.childStarted(slot: slot, process: child.process), descriptor: socket)
        case .failed(let reason):
            child.reason = "in its sandbox, the engine does not find its canary (\(reason))"
            fallthrough
        case .childStarted, .childEnded, nil:
            slots[slot].earliestFork = now() + Self.failedStartPause
        }
        close(socket)
        close(report)
        child.startup = nil
        slots[slot].child = child
    }

    // MARK: The scratch limit

    /// Kills children whose scratch folder exceeds the limit. A child that used no processor time since the last check
    /// has written nothing.
    private mutating func checkScratchFolders() {
        guard nextScratchCheck <= now() else { return }
        var isNear = false
        for slot in slots.indices {
            guard var child = slots[slot].child else { continue }
            let used = lz_nanoseconds_used(child.process)
            guard used != child.usedNanoseconds else { continue }
            child.usedNanoseconds = used
            let limit = Int64(limits.scratch)
            let folder = scratch.folder(String(slot))
            let size = unsafe lz_tree_bytes(folder, limit) + lz_unnamed_bytes(child.process, folder)
            if size > limit, child.reason.isEmpty {
                child.reason = "its scratch folder held more than \(limit >> 20) MiB"
                kill(child.process, SIGKILL)
            }
            isNear = isNear || size > limit / 4
            slots[slot].child = child
        }
        nextScratchCheck = now() + (isNear ? ScratchCheckInterval.nearLimit : ScratchCheckInterval.usual)
    }

    // MARK: Ending

    private mutating func reap() {
        var event = [UInt8](repeating: 0, count: 128)
        while unsafe read(childEvents, &event, event.count) > 0 {}
        while true {
            var status: CInt = 0
            let process = unsafe waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            guard let slot = slots.firstIndex(where: { $0.child?.process == process }) else { continue }
            if slots[slot].child?.startup != nil { finishStartup(of: slot) }
            let knownReason = slots[slot].child?.reason ?? ""
            slots[slot].child = nil
            scratch.remove(String(slot))
            control.send(
                .childEnded(
                    slot: slot, process: process, status: status,
                    reason: knownReason.isEmpty ? ExitStatus.reason(of: status) : knownReason))
        }
    }

    /// Returns the milliseconds until the next fork or the next check of scratch, or -1 if neither is due.
    private func pollTimeout() -> CInt {
        var times = slots.filter { $0.child == nil }.map(\.earliestFork)
        if slots.contains(where: { $0.child != nil }) { times.append(nextScratchCheck) }
        guard let earliest = times.min() else { return -1 }
        return CInt(max(1, min(earliest - now(), 1000)))
    }
}

/// The time between checks of the scratch folders, in milliseconds. Checking an idle child costs one system call.
private enum ScratchCheckInterval {
    static let usual: Int64 = 1000
    /// If one folder holds more than a quarter of its limit.
    static let nearLimit: Int64 = 100
}

private let origin = ContinuousClock.now

/// Milliseconds on a monotonic clock.
func now() -> Int64 {
    let elapsed = (ContinuousClock.now - origin).components
    return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
}
