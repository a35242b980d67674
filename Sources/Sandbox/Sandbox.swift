import CShims
import Glibc
package import ScanProtocol

/// What shuts a child of the scanner in: made by the first process, entered by each child before its first request.
///
/// The layers are laid so that none stands in the way of the next: what needs a file or a privilege comes first, then the
/// privileges go, then the files, and last the system calls by which all this was done. A layer that the kernel or the
/// user does not give is left out and told of. What every child can have, it has, or it ends: its death with the first
/// process, no descriptor but its own, its scratch folder.
package struct Sandbox {
    /// The descriptor of the child's socket, and the only one that it has beside the three standard ones.
    package static let socket: CInt = 3
    /// Where a child tells the first process of its sandbox; closed before its first request.
    package static let report: CInt = 4
    /// The child's scratch folder as the child names it: its working directory, and where it can be its root. So it is reached
    /// from inside though the child's user may not enter the folders above it.
    package static let scratch = "."

    let bounds: SandboxLimits
    /// Whom a child becomes; nil where the scanner has no right to change that.
    package let user: SandboxUser?

    /// Looks up the user, which reads files and may load modules: before the first fork.
    package init(bounds: SandboxLimits) {
        self.bounds = bounds
        user = geteuid() == 0 ? SandboxUser.unprivileged() : nil
    }

    /// Shuts this process in.
    ///
    /// - Parameters:
    ///   - socket: the child's end of its socket; it becomes descriptor 3.
    ///   - report: becomes descriptor 4.
    ///   - scratch: the child's own folder, which belongs to `user` already.
    ///   - parent: the process that forked it.
    /// - Returns: what was given and what was not, in the order in which it was laid.
    package func enter(socket: CInt, report: CInt, scratch: String, parent: Int32) -> [SandboxLayer] {
        dieWith(parent)
        keepOnly(socket, report)
        unsafe _ = unsetenv("LD_LIBRARY_PATH")
        guard unsafe chdir(scratch) == 0 else { _exit(EX_CANTCREAT) }

        var layers = [lowerPriority()]
        let mapped = mappedBytes()
        layers += user.map(leaveRoot) ?? leaveNetwork()
        layers.append(SandboxLayer("no-new-privileges", "for good", failed: lz_no_new_privileges() != 0))
        layers.append(leaveNoDump())
        // A change of user takes the signal at the parent's death back.
        dieWith(parent)
        layers.append(bounds.hold(mapped: mapped))
        layers.append(landlock())
        layers.append(allowFewSystemCalls())
        return layers
    }

    /// A child of another user than the scanner's is closed to all of that user's processes. One of the same user's stays open
    /// to the first process, which counts what it holds open: that user has the object's bytes anyway.
    private func leaveNoDump() -> SandboxLayer {
        let isClosed = user == nil || lz_not_dumpable() == 0
        return SandboxLayer(
            "no-dumps", user == nil ? "no core files" : "no core files, no tracing",
            failed: !isClosed || lz_lower_limit(LZ_CORE_SIZE, 0) != 0)
    }

    private func dieWith(_ parent: Int32) {
        guard lz_die_with_parent(SIGKILL) == 0, getppid() == parent else { _exit(EX_OSERR) }
    }

    private func keepOnly(_ socket: CInt, _ report: CInt) {
        let null = unsafe open("/dev/null", O_RDWR)
        guard null >= 0, dup2(null, 0) == 0, dup2(null, 1) == 1, dup2(null, 2) == 2 else { _exit(EX_OSERR) }
        // The control socket stands at 3: from here on it is out of this process's reach.
        guard dup2(socket, Self.socket) == Self.socket, dup2(report, Self.report) == Self.report else {
            _exit(EX_OSERR)
        }
        closefrom(Self.report + 1)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigprocmask(SIG_SETMASK, &none, nil)
        // Swift's runtime would trace a crash by way of a program of its own. A crash is to end the child as what it is.
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS] {
            _ = signal(number, SIG_DFL)
        }
    }

    /// The engine names its temporary files by rand(), and all children have the first process's state of it.
    package static func seedRandomNames() {
        srand(UInt32.random(in: .min ... .max))
    }
}

extension SandboxLayer {
    /// A layer that was laid by a call which sets errno.
    init(_ name: String, _ detail: String, failed: Bool) {
        let reason = errno
        self.init(name, isGiven: !failed, detail: failed ? unsafe String(cString: strerror(reason)) : detail)
    }
}
