import CSeccomp
import Glibc
import ScanProtocol

extension Sandbox {
    /// The system calls that a child may make. Any other one, or one of another architecture, kills it.
    private static let allowed = [
        // The socket, the object's descriptor, and files in scratch.
        "read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "close", "dup", "recvmsg", "sendmsg",
        "openat", "fstat", "fstatfs", "newfstatat", "statx", "getdents64", "ftruncate", "mkdir", "mkdirat", "rmdir",
        "unlink", "unlinkat", "getcwd",
        // Memory (`mmap` and `mprotect` are below). qsort(3) calls sysinfo.
        "munmap", "mremap", "madvise", "brk", "sysinfo",
        // Clock, random numbers and locks.
        "clock_gettime", "gettimeofday", "getrandom", "futex", "restart_syscall",
        // Exit and abort().
        "exit", "exit_group", "getpid", "gettid", "rt_sigprocmask", "rt_sigreturn",
    ]

    /// Calls that C libraries make and can do without: terminal checks, and changing a folder's mode before deleting
    /// it. Landlock would let a child change the mode of any file of its user.
    private static let refused: [(name: String, code: CInt)] = [
        ("ioctl", ENOTTY), ("chmod", EPERM), ("fchmod", EPERM), ("fchmodat", EPERM),
    ]

    /// The allowed commands of fcntl(2): copies and flags of a descriptor. Others can send signals to other processes.
    private static let descriptorCommands = [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL]

    func restrictSystemCalls() -> SandboxLayer {
        guard let filter = unsafe seccomp_init(SCMP_ACT_KILL_PROCESS) else {
            return SandboxLayer("seccomp", isGiven: false, detail: "libseccomp is out of memory")
        }
        defer { unsafe seccomp_release(filter) }
        var code = unsafe seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)
        func add(_ action: UInt32, _ name: String, _ conditions: [scmp_arg_cmp] = []) {
            let number = unsafe seccomp_syscall_resolve_name(name)
            // Some architectures have only the newer one of two calls.
            guard code == 0, number >= 0 else { return }
            code = unsafe seccomp_rule_add_array(filter, action, number, UInt32(conditions.count), conditions)
        }
        for name in Self.allowed { add(SCMP_ACT_ALLOW, name) }
        for (name, reason) in Self.refused { add(0x0005_0000 | UInt32(reason), name) }
        for command in Self.descriptorCommands { add(SCMP_ACT_ALLOW, "fcntl", [.init(1, is: UInt64(command))]) }
        // No executable memory, and no mapping of files.
        let noCode = scmp_arg_cmp(2, UInt64(PROT_EXEC), is: 0)
        let anonymous = UInt64(MAP_ANONYMOUS)
        add(SCMP_ACT_ALLOW, "mmap", [noCode, .init(3, anonymous, is: anonymous)])
        add(SCMP_ACT_ALLOW, "mprotect", [noCode])
        // abort() sends itself a signal.
        add(SCMP_ACT_ALLOW, "tgkill", [.init(0, is: UInt64(getpid()))])
        // Only its own limits.
        add(SCMP_ACT_ALLOW, "prlimit64", [.init(0, is: 0)])
        if code == 0 { code = unsafe seccomp_load(filter) }
        errno = -code
        return SandboxLayer("seccomp", "\(Self.allowed.count + 5) system calls", failed: code != 0)
    }
}

extension scmp_arg_cmp {
    fileprivate init(_ argument: UInt32, is value: UInt64) {
        self.init(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
    }

    /// Compares only the bits of `mask`.
    fileprivate init(_ argument: UInt32, _ mask: UInt64, is value: UInt64) {
        self.init(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
    }
}
