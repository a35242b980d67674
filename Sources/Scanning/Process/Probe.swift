import CShims
import Glibc
import Sandbox
import ScanProtocol

/// A child that is forked before all others to see what its sandbox is, and whether the engine works in there.
enum Probe {
    /// - Parameter child: what the forked process does; it does not return.
    /// - Returns: the layers of the sandbox, and whether the signatures find EICAR, in facts that are otherwise empty.
    static func run(in scratch: Scratch, child: (Supervisor.ChildSetup) -> Never) throws(StartFailure) -> EngineFacts {
        let name = "probe"
        guard let folder = scratch.prepare(name) else {
            throw StartFailure(
                reason: "no folder can be made in the scratch folder \(scratch.path) "
                    + "(\(unsafe String(cString: strerror(errno)))): give one with room that this user may write to")
        }
        defer { scratch.remove(name) }
        guard let ends = SocketPair(), let reports = SocketPair() else {
            throw StartFailure(reason: "no socket can be made: \(unsafe String(cString: strerror(errno)))")
        }
        let seat = Supervisor.ChildSetup(socket: ends.far, report: reports.far, scratch: folder, parent: getpid())
        let process = lz_fork()
        if process == 0 { child(seat) }
        ends.closeFar()
        reports.closeFar()
        defer {
            close(ends.near)
            close(reports.near)
        }
        guard process > 0 else {
            throw StartFailure(reason: "no process can be forked: \(unsafe String(cString: strerror(errno)))")
        }
        let report = Introduction.hear(at: reports.near)
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        switch report {
        case .ready(let facts):
            return facts
        case .failed(let reason):
            throw StartFailure(
                reason: "in its sandbox, the engine does not find what it must find in an archive (\(reason)): "
                    + "look whether the disk under the scratch folder \(scratch.path) is full or read-only")
        case .childStarted, .childEnded, nil:
            throw StartFailure(
                reason: "a child ended while it entered its sandbox (\(Ending.describe(status))): "
                    + "another libc or kernel than the ones this was built for may need a system call more")
        }
    }
}

/// Two sockets that are connected; the far one goes to a child.
struct SocketPair {
    let near: CInt
    let far: CInt

    /// Nil and errno where the system gives none.
    init?() {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        (near, far) = (ends[0], ends[1])
    }

    func closeFar() { close(far) }
}
