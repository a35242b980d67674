import CShims
import Glibc
import Sandbox
import ScanProtocol

/// A child that is forked before all others to find out which layers its sandbox has, and whether the engine works in
/// it.
enum SandboxProbe {
    /// - Parameter child: runs in the forked process and does not return.
    /// - Returns: facts with the layers of the sandbox and what the signatures find in known files; the rest is empty.
    static func run(in scratch: Scratch, child: (Supervisor.ChildSetup) -> Never) throws(StartFailure) -> EngineFacts {
        let name = "probe"
        guard let folder = scratch.prepare(name) else {
            throw StartFailure(
                reason: "no folder can be made in the scratch folder \(scratch.path) "
                    + "(\(unsafe String(cString: strerror(errno)))): give one with free space that this user may write to"
            )
        }
        defer { scratch.remove(name) }
        guard let ends = SocketPair(), let reports = SocketPair() else {
            throw StartFailure(reason: "no socket can be made: \(unsafe String(cString: strerror(errno)))")
        }
        let setup = Supervisor.ChildSetup(socket: ends.far, report: reports.far, scratch: folder, parent: getpid())
        let process = lz_fork()
        if process == 0 { child(setup) }
        ends.closeFar()
        reports.closeFar()
        defer {
            close(ends.near)
            close(reports.near)
        }
        guard process > 0 else {
            throw StartFailure(reason: "no process can be forked: \(unsafe String(cString: strerror(errno)))")
        }
        let report = ChildStartup.receiveReport(from: reports.near)
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        switch report {
        case .ready(let facts):
            return facts
        case .failed(let reason):
            throw StartFailure(
                reason: "in its sandbox, the engine does not find its canary in an archive (\(reason)): "
                    + "check whether the disk under the scratch folder \(scratch.path) is full or read-only")
        case .childStarted, .childEnded, nil:
            throw StartFailure(
                reason: "a child ended while it entered its sandbox (\(ExitStatus.describe(status))): "
                    + "a libc or kernel that differs from those of the build may need another system call")
        }
    }
}
