import CShims
import Glibc
import ScanProtocol

/// Keeps a child in every slot until the worker closes the control socket: forks it, hands the worker's end of its socket
/// over, and after its death cleans its scratch folder and forks the next one.
struct Supervisor: ~Copyable {
    /// What a new child finds: its end of the socket, and its scratch folder.
    struct Seat {
        let socket: CInt
        let scratch: String
        /// The process that forked it.
        let parent: pid_t
    }

    private struct Slot {
        var process: pid_t?
        /// No child is forked earlier: one that dies at once, time and again, does not take the processor over.
        var earliestFork: Int64 = 0
    }

    private static let forkPause: Int64 = 50

    private let control: Control
    private let scratch: Scratch
    private let childEvents: CInt
    private var slots: [Slot]

    init(control: Control, children: Int, scratch: Scratch) throws(StartFailure) {
        self.control = control
        self.scratch = scratch
        slots = Array(repeating: Slot(), count: children)
        childEvents = lz_child_events()
        guard childEvents >= 0 else {
            throw StartFailure(reason: "signalfd: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Returns when the worker has gone and all children have ended.
    ///
    /// - Parameter child: what a forked child does; it does not return.
    consuming func run(child: (Seat) -> Never) {
        while true {
            fillSlots(child)
            var sources = [
                pollfd(fd: Control.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: childEvents, events: Int16(POLLIN), revents: 0),
            ]
            guard unsafe poll(&sources, 2, pause()) >= 0 || errno == EINTR else { break }
            if sources[1].revents != 0 { reap() }
            guard sources[0].revents != 0 else { continue }
            guard case .order(.kill(let slot, let process)) = control.receive() else { break }
            if slots.indices.contains(slot), slots[slot].process == process { kill(process, SIGKILL) }
        }
        for process in slots.compactMap(\.process) { kill(process, SIGKILL) }
        while waitpid(-1, nil, 0) > 0 || errno == EINTR {}
    }

    private mutating func fillSlots(_ child: (Seat) -> Never) {
        for slot in slots.indices where slots[slot].process == nil && slots[slot].earliestFork <= now() {
            slots[slot].earliestFork = now() + Self.forkPause
            fork(into: slot, child)
        }
    }

    /// Where a step fails, for want of memory, processes or disk, the slot stays empty and its turn comes again.
    private mutating func fork(into slot: Int, _ child: (Seat) -> Never) {
        guard let folder = scratch.prepare(slot: slot) else { return }
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return }
        let seat = Seat(socket: ends[1], scratch: folder, parent: getpid())
        let process = lz_fork()
        if process == 0 { child(seat) }
        close(ends[1])
        if process > 0 {
            slots[slot].process = process
            control.send(.childStarted(slot: slot, process: process), descriptor: ends[0])
        }
        close(ends[0])
    }

    private mutating func reap() {
        var event = [UInt8](repeating: 0, count: 128)
        while unsafe read(childEvents, &event, event.count) > 0 {}
        while true {
            var status: CInt = 0
            let process = unsafe waitpid(-1, &status, WNOHANG)
            guard process > 0 else { return }
            guard let slot = slots.firstIndex(where: { $0.process == process }) else { continue }
            slots[slot].process = nil
            control.send(.childEnded(slot: slot, process: process, status: status))
        }
    }

    /// Milliseconds until an empty slot's turn comes; -1 where none is empty.
    private func pause() -> CInt {
        let times = slots.filter { $0.process == nil }.map(\.earliestFork)
        guard let earliest = times.min() else { return -1 }
        return CInt(max(1, min(earliest - now(), 1000)))
    }
}

private let origin = ContinuousClock.now

/// Milliseconds on a clock that only goes forward.
func now() -> Int64 {
    let elapsed = (ContinuousClock.now - origin).components
    return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
}
