import CHostile
import CShims
import Glibc

/// Tries what a child must not be able to do and returns the result: `done` if it succeeded, `errno 1` if it was
/// refused. If the attempt kills the child, the worker notices.
func attempt(_ script: Script, _ question: Question) -> String {
    guard let name = script.words.first, let way = ways[name] else { return "unknown attempt \(script.words)" }
    let result = way(Words(rest: Array(script.words.dropFirst())), question)
    return result < 0 ? "errno \(-result)" : "done \(result)"
}

/// The arguments of an attempt.
struct Words {
    let rest: [String]
    subscript(_ index: Int) -> String { index < rest.count ? rest[index] : "" }
    func number(_ index: Int) -> Int { Int(self[index]) ?? -1 }
}

private typealias Way = @Sendable (Words, Question) -> Int

/// System calls by number, so that the C library does not interfere. Names are those of section 2 of the Linux manual;
/// if a call has several forms, the form follows.
private let ways: [String: Way] = [
    // The network.
    "socket-inet": { _, _ in call(SYS_socket, Int(AF_INET), 1, 0) },
    "socket-unix": { _, _ in call(SYS_socket, Int(AF_UNIX), 1, 0) },
    "socket-netlink": { _, _ in call(SYS_socket, Int(AF_NETLINK), 3, 0) },
    "socket-packet": { _, _ in call(SYS_socket, Int(AF_PACKET), 3, 0) },
    "socketpair": { _, _ in withBuffer { call(SYS_socketpair, Int(AF_UNIX), 1, 0, $0) } },
    "connect": { _, question in withBuffer { call(SYS_connect, Int(Question.socket), $0, 16) } },
    "bind": { _, question in withBuffer { call(SYS_bind, Int(Question.socket), $0, 2) } },
    "listen": { _, question in call(SYS_listen, Int(Question.socket), 1) },
    "accept": { _, question in call(SYS_accept4, Int(Question.socket), 0, 0, 0) },
    "sendto-address": { _, question in withBuffer { call(SYS_sendto, Int(Question.socket), $0, 1, 0, $0, 16) } },
    "sendmmsg": { _, question in withBuffer { call(SYS_sendmmsg, Int(Question.socket), $0, 0, 0) } },

    // Processes.
    "execve": { _, _ in
        withText("/bin/true") { path in withBuffer { call(SYS_execve, path, $0, $0) } }
    },
    "execveat": { _, _ in
        withText("/bin/true") { path in withBuffer { call(SYS_execveat, -100, path, $0, $0, 0) } }
    },
    "fork": { _, _ in endingChild(call(SYS_fork)) },
    "vfork": { _, _ in endingChild(call(SYS_clone, Int(SIGCHLD), 0, 0, 0, 0)) },
    "clone3": { _, _ in
        withBuffer { room in
            UnsafeMutablePointer<UInt64>(bitPattern: room)![4] = UInt64(SIGCHLD)
            return endingChild(call(SYS_clone3, room, 88))
        }
    },
    "unshare": { _, _ in call(SYS_unshare, 0x1000_0000) },
    "setns": { _, question in call(SYS_setns, Int(question.descriptor), 0) },
    "kill": { words, _ in call(SYS_kill, words.number(0), Int(SIGKILL)) },
    "kill-probe": { words, _ in call(SYS_kill, words.number(0), 0) },
    "tgkill": { words, _ in call(SYS_tgkill, words.number(0), words.number(0), Int(SIGKILL)) },
    "pidfd-open": { words, _ in call(SYS_pidfd_open, words.number(0), 0) },
    "ptrace-attach": { words, _ in call(SYS_ptrace, 16, words.number(0), 0, 0) },
    "ptrace-me": { _, _ in call(SYS_ptrace, 0, 0, 0, 0) },
    "process-vm-readv": { words, _ in
        withBuffer { call(SYS_process_vm_readv, words.number(0), $0, 1, $0, 1, 0) }
    },
    "process-vm-writev": { words, _ in
        withBuffer { call(SYS_process_vm_writev, words.number(0), $0, 1, $0, 1, 0) }
    },
    "kcmp": { words, _ in call(SYS_kcmp, words.number(0), words.number(0), 1, 0, 0) },
    "prlimit": { words, _ in withBuffer { call(SYS_prlimit64, words.number(0), 7, $0, 0) } },
    "prlimit-raise": { _, _ in
        withBuffer { room in
            let limit = UnsafeMutablePointer<UInt64>(bitPattern: room)!
            (limit[0], limit[1]) = (.max, .max)
            return call(SYS_prlimit64, 0, 9, room, 0)
        }
    },
    "sched-setaffinity": { words, _ in withBuffer { call(SYS_sched_setaffinity, words.number(0), 8, $0) } },
    "setpriority": { _, _ in call(SYS_setpriority, 0, 0, -20) },
    "prctl-dumpable": { _, _ in call(SYS_prctl, 4, 1, 0, 0, 0) },
    "personality": { _, _ in call(SYS_personality, 0x0040_0000) },

    // Identity and system.
    "setuid": { _, _ in call(SYS_setuid, 0) },
    "setresuid": { _, _ in call(SYS_setresuid, 0, 0, 0) },
    "setgid": { _, _ in call(SYS_setgid, 0) },
    "setgroups": { _, _ in withBuffer { call(SYS_setgroups, 1, $0) } },
    "capset": { _, _ in withBuffer { call(SYS_capset, $0, 0) } },
    "mount": { _, _ in
        withText("tmpfs") { kind in withText("/mnt") { call(SYS_mount, kind, $0, kind, 0, 0) } }
    },
    "umount": { _, _ in withText("/proc") { call(SYS_umount2, $0, 2) } },
    "chroot": { _, _ in withText("/") { call(SYS_chroot, $0) } },
    "pivot-root": { _, _ in withText("/") { call(SYS_pivot_root, $0, $0) } },
    "swapoff": { _, _ in withText("/nowhere") { call(SYS_swapoff, $0) } },
    "init-module": { _, _ in withText("") { call(SYS_init_module, $0, 0, $0) } },
    "bpf": { _, _ in withBuffer { call(SYS_bpf, 0, $0, 16) } },
    "userfaultfd": { _, _ in call(SYS_userfaultfd, 1) },
    "keyctl": { _, _ in call(SYS_keyctl, 0, -3, 1, 0, 0) },
    "add-key": { _, _ in
        withText("user") { kind in withText("name") { call(SYS_add_key, kind, $0, $0, 1, -3) } }
    },
    "io-uring-setup": { _, _ in withBuffer { call(SYS_io_uring_setup, 1, $0) } },
    "perf-event-open": { _, _ in withBuffer { call(SYS_perf_event_open, $0, 0, -1, -1, 0) } },
    "memfd-create": { _, _ in withText("x") { call(SYS_memfd_create, $0, 0) } },
    "inotify": { _, _ in call(SYS_inotify_init1, 0) },
    "ioctl": { _, question in withBuffer { call(SYS_ioctl, Int(question.descriptor), 0x541B, $0) } },
    "seccomp": { _, _ in withBuffer { call(SYS_seccomp, 2, 0, $0) } },
    "shmget": { _, _ in call(SYS_shmget, 0, 4096, 0o1600) },
    "msgget": { _, _ in call(SYS_msgget, 0, 0o1600) },
    "mq-open": { _, _ in withText("lazaret") { call(SYS_mq_open, $0, 0o102, 0o600, 0) } },
    "timer-create": { _, _ in withBuffer { call(SYS_timer_create, 0, 0, $0) } },
    "uname": { _, _ in withBuffer { call(SYS_uname, $0) } },

    // Executable memory.
    "mmap-exec": { _, _ in call(SYS_mmap, 0, 4096, 7, 0x22, -1, 0) },
    "mmap-file-exec": { _, question in call(SYS_mmap, 0, 4096, 5, 2, Int(question.descriptor), 0) },
    "mprotect-exec": { _, _ in
        let page = call(SYS_mmap, 0, 4096, 3, 0x22, -1, 0)
        return page < 0 ? page : call(SYS_mprotect, page, 4096, 5)
    },

    // Files.
    "read": { words, _ in open(words[0], O_RDONLY) },
    "read-beside": { words, _ in
        withText(words[0]) { call(SYS_openat, -100, $0, Int(O_RDONLY | O_DIRECTORY), 0) }
    },
    "openat2": { words, _ in withText(words[0]) { path in withBuffer { call(SYS_openat2, -100, path, $0, 24) } } },
    "write": { words, _ in open(words[0], O_WRONLY | O_CREAT) },
    "mkdir": { words, _ in withText(words[0]) { call(SYS_mkdir, $0, 0o700) } },
    "rmdir": { words, _ in withText(words[0]) { call(SYS_rmdir, $0) } },
    "unlink": { words, _ in withText(words[0]) { call(SYS_unlink, $0) } },
    "rename": { words, _ in
        withText(words[0]) { from in withText(words[1]) { call(SYS_rename, from, $0) } }
    },
    "link": { words, _ in
        withText(words[0]) { from in withText(words[1]) { call(SYS_linkat, -100, from, -100, $0, 0x400) } }
    },
    "symlink": { words, _ in
        withText(words[0]) { from in withText(words[1]) { call(SYS_symlink, from, $0) } }
    },
    "chmod": { words, _ in withText(words[0]) { call(SYS_chmod, $0, 0o777) } },
    "mknod": { words, _ in withText(words[0]) { call(SYS_mknod, $0, 0o020666, 0x103) } },
    "chdir": { words, _ in withText(words[0]) { call(SYS_chdir, $0) } },
    "statfs": { words, _ in withText(words[0]) { path in withBuffer { call(SYS_statfs, path, $0) } } },

    // The object's descriptor.
    "spool-write": { _, question in withBuffer { call(SYS_pwrite64, Int(question.descriptor), $0, 1, 0) } },
    "spool-truncate": { _, question in call(SYS_ftruncate, Int(question.descriptor), 0) },
    "spool-allocate": { _, question in call(SYS_fallocate, Int(question.descriptor), 0, 0, 1 << 20) },
    "spool-punch": { _, question in call(SYS_fallocate, Int(question.descriptor), 3, 0, 1) },
    "spool-map": { _, question in call(SYS_mmap, 0, 4096, 3, 1, Int(question.descriptor), 0) },
    "spool-chmod": { _, question in call(SYS_fchmod, Int(question.descriptor), 0) },
    "spool-lock": { _, question in call(SYS_flock, Int(question.descriptor), 2) },
    "spool-reopen": { _, question in
        let file = open("/proc/self/fd/\(question.descriptor)", O_RDWR)
        return file < 0 ? file : withBuffer { call(SYS_pwrite64, file, $0, 1, 0) }
    },
]

private func call(_ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0)
    -> Int
{
    hostile_call(Int(number), a, b, c, d, e, f)
}

private func open(_ path: String, _ flags: CInt) -> Int {
    withText(path) { call(SYS_openat, -100, $0, Int(flags), 0o600) }
}

/// Ends the new process if the call created one.
private func endingChild(_ result: Int) -> Int {
    if result == 0 { _exit(0) }
    return result
}

/// Passes the address of a zeroed buffer.
private func withBuffer(_ body: (Int) -> Int) -> Int {
    var room = [UInt64](repeating: 0, count: 128)
    return room.withUnsafeMutableBytes { body(Int(bitPattern: $0.baseAddress)) }
}

private func withText(_ text: String, _ body: (Int) -> Int) -> Int {
    text.withCString { body(Int(bitPattern: $0)) }
}
