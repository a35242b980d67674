import CShims
import Glibc
package import ScanProtocol

/// The sandbox of a scanner child: created by the first process, entered by each child before its first request.
///
/// The layers are in an order in which none prevents the next: first those that need a file or a privilege, then the
/// privileges are dropped, then the files, and last the system calls that set all this up. A layer that the kernel or
/// the user's rights do not allow is omitted and reported. What works everywhere is mandatory, and a child without it
/// exits: its end with the first process, no other descriptors, its scratch folder.
package struct Sandbox {
    /// The descriptor of the child's socket, and its only one beside the three standard ones.
    package static let socket: CInt = 3
    /// The descriptor on which a child reports its sandbox to the first process. It is closed before the first request.
    package static let report: CInt = 4
    /// The path of the scratch folder within the sandbox: the working directory, and the root directory if that layer
    /// is available. The child needs no rights to the folders above it.
    package static let scratch = "."

    let limits: SandboxLimits
    /// The user that a child becomes, or nil if the scanner may not change it.
    package let user: SandboxUser?

    /// Looks the user up, which reads files and may load NSS modules. Call it before the first fork.
    package init(limits: SandboxLimits) {
        self.limits = limits
        user = geteuid() == 0 ? SandboxUser.unprivileged() : nil
    }

    /// Confines this process.
    ///
    /// - Parameters:
    ///   - socket: the child's end of its socket; it becomes descriptor 3.
    ///   - report: becomes descriptor 4.
    ///   - scratch: the child's own folder. It already belongs to `user`.
    ///   - parent: the process that forked it.
    /// - Returns: the layers in their order, each with whether it is in effect.
    package func enter(socket: CInt, report: CInt, scratch: String, parent: Int32) -> [SandboxLayer] {
        exitWithParent(parent)
        closeOtherDescriptors(socket, report)
        unsafe _ = unsetenv("LD_LIBRARY_PATH")
        guard unsafe chdir(scratch) == 0 else { _exit(EX_CANTCREAT) }

        var layers = [lowerPriority()]
        let mapped = mappedBytes()
        layers += user.map(confineAsRoot) ?? confineAsUser()
        layers.append(SandboxLayer("no-new-privileges", "permanent", failed: lz_no_new_privileges() != 0))
        layers.append(forbidDumps())
        // A change of user clears the parent-death signal.
        exitWithParent(parent)
        layers.append(limits.apply(mappedBytes: mapped))
        layers.append(restrictFiles())
        layers.append(restrictSystemCalls())
        return layers
    }

    /// A child with another user than the scanner's is made undumpable, so that processes of that user cannot trace it.
    /// A child with the scanner's user stays dumpable, so that the first process can count its open files: that user
    /// has the object's bytes anyway.
    private func forbidDumps() -> SandboxLayer {
        let isUndumpable = user == nil || lz_set_dumpable(0) == 0
        return SandboxLayer(
            "no-dumps", user == nil ? "no core files" : "no core files, no tracing",
            failed: !isUndumpable || lz_lower_limit(LZ_CORE_SIZE, 0) != 0)
    }

    private func exitWithParent(_ parent: Int32) {
        guard lz_die_with_parent(SIGKILL) == 0, getppid() == parent else { _exit(EX_OSERR) }
    }

    private func closeOtherDescriptors(_ socket: CInt, _ report: CInt) {
        let null = unsafe open("/dev/null", O_RDWR)
        guard null >= 0, dup2(null, 0) == 0, dup2(null, 1) == 1, dup2(null, 2) == 2 else { _exit(EX_OSERR) }
        // Descriptor 3 was the control socket: from here on this process has no access to it.
        guard dup2(socket, Self.socket) == Self.socket, dup2(report, Self.report) == Self.report else {
            _exit(EX_OSERR)
        }
        closefrom(Self.report + 1)
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigprocmask(SIG_SETMASK, &none, nil)
        // Swift's runtime would start a backtrace program on a crash. A crash has to end the child with its own signal.
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS] {
            _ = signal(number, SIG_DFL)
        }
    }

    /// Seeds rand(), with which the engine names its temporary files: all children inherit the same state.
    package static func seedRandomNames() {
        srand(UInt32.random(in: .min ... .max))
    }
}

extension SandboxLayer {
    /// A layer that depends on a call which sets `errno`.
    init(_ name: String, _ detail: String, failed: Bool) {
        let reason = errno
        self.init(name, isGiven: !failed, detail: failed ? unsafe String(cString: strerror(reason)) : detail)
    }
}
