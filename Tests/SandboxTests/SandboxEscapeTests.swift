import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// Attempts of a compromised child to leave its sandbox. For each, the kernel kills the child or refuses the call, or
/// the attempt is listed here as harmless.
@Suite(.heavy, .serialized, .timeLimit(.minutes(1)))
struct SandboxEscapeTests {
    /// The result of an attempt.
    enum Answer: Equatable, CustomStringConvertible {
        /// The system call is not allowed: the kernel killed the child with SIGSYS.
        case killed
        /// An errno.
        case refused(CInt)
        case done
        case other(String)

        init(_ outcome: Result<ScanReport, ScannerError>) {
            switch outcome {
            case .failure(let error) where error.message.hasPrefix("done"): self = .done
            case .failure(let error) where error.message.hasPrefix("errno "):
                self = .refused(CInt(error.message.dropFirst(6)) ?? 0)
            case .success(let report) where report.findings.first?.detail.contains("killed by signal 31") == true:
                self = .killed
            case .failure(let error): self = .other(error.description)
            case .success(let report): self = .other("\(report.findings)")
            }
        }

        var description: String {
            switch self {
            case .killed: "killed"
            case .refused(let code): String(cString: strerror(code))
            case .done: "done"
            case .other(let text): text
            }
        }
    }

    /// Calls that the sandbox does not allow at all.
    static let killing = [
        "socket-inet", "socket-unix", "socket-netlink", "socket-packet", "socketpair", "connect", "bind", "listen",
        "accept",
        "sendto-address", "sendmmsg",
        "execve", "execveat", "fork", "vfork", "clone3", "unshare", "setns",
        "kill PARENT", "kill SIBLING", "kill-probe PARENT", "tgkill PARENT", "pidfd-open PARENT",
        "ptrace-attach PARENT", "ptrace-attach SIBLING", "ptrace-me", "process-vm-readv PARENT",
        "process-vm-writev SIBLING",
        "kcmp PARENT", "prlimit PARENT", "sched-setaffinity PARENT", "setpriority", "prctl-dumpable", "personality",
        "setuid", "setresuid", "setgid", "setgroups", "capset",
        "mount", "umount", "chroot", "pivot-root", "swapoff", "init-module", "bpf", "userfaultfd", "keyctl", "add-key",
        "io-uring-setup", "perf-event-open", "memfd-create", "inotify", "seccomp", "shmget", "msgget", "mq-open",
        "timer-create", "uname",
        "mmap-exec", "mmap-file-exec", "mprotect-exec",
        "openat2 /etc/passwd", "rename . ../other", "link /etc/passwd ./passwd", "symlink /etc/passwd ./passwd",
        "mknod ./device", "chdir /", "statfs /",
        "spool-allocate", "spool-punch", "spool-lock", "spool-map",
    ]

    /// Calls that scanning needs, on objects that the child may not access.
    static let refused = [
        "read /etc/passwd", "read /etc/hostname", "read /proc/1/environ", "read /proc/self/environ",
        "read /proc/self/maps",
        "read /proc/PARENT/mem", "read /proc/PARENT/maps", "read /proc/PARENT/environ", "read /proc/WORKER/mem",
        "read /proc/WORKER/environ", "read /proc/SIBLING/mem", "read /dev/null", "read SIGNATURES/test.ndb",
        "read OTHER/secret", "read-beside /etc", "read-beside SCRATCH", "read-beside OTHER",
        "read-beside /proc/WORKER/fd",
        "read-beside /proc/self/fd",
        "write /tmp/lazaret-escape", "write /dev/shm/lazaret-escape", "write /dev/null", "write SCRATCH/lazaret-escape",
        "write OTHER/secret", "write OTHER/lazaret-escape", "write /proc/self/oom_score_adj", "write /proc/PARENT/mem",
        "write /proc/WORKER/mem",
        "mkdir /tmp/lazaret-escape", "mkdir OTHER/lazaret-escape", "rmdir SCRATCH", "rmdir OTHER",
        "unlink SIGNATURES/test.ndb", "unlink OTHER/secret",
        "prlimit-raise", "ioctl",
        "spool-write", "spool-truncate", "spool-reopen",
    ]

    /// Paths through the parent folder: refused, or, if the folder is the child's root directory, resolved within it.
    /// Nothing may change outside.
    static let climbing = [
        "read-beside ..", "read-beside ../../..", "write ../lazaret-escape", "write ../../lazaret-escape",
        "mkdir ../../lazaret-folder", "write ../7/secret", "unlink ../7/secret", "rmdir ../7",
        "read ../../../../etc/passwd",
    ]

    /// Errors that mean a denial. A read-only descriptor returns EBADF for a write and EINVAL for a change of length; a
    /// path that exists outside the child's root directory returns ENOENT.
    private static let denials = [EACCES, EPERM, EBADF, EINVAL, ENOTTY, ENOENT]

    @Test(arguments: [1, 2]) func `a forbidden action ends the child or is refused`(children: Int) async throws {
        let hostile = try await HostileScannerFixture(children: children, maxDeaths: 1)
        let fixture = hostile.fixture
        let scanner = fixture.process
        // This stands for the folder of another child that made it accessible to everybody.
        let other = "lazaret-scanner.\(scanner)/7"
        let files = FileManager.default
        try files.createDirectory(atPath: "\(fixture.scratch.path)/\(other)", withIntermediateDirectories: true)
        try fixture.scratch.write("\(other)/secret", eicar)
        chmod("\(fixture.scratch.path)/\(other)", 0o777)
        chmod("\(fixture.scratch.path)/\(other)/secret", 0o666)
        // Each has a folder.
        try await hostile.children(children)
        let before = try everything(in: fixture.scratch)
        for name in Self.climbing {
            let answer = try await attempt(name, hostile, children)
            #expect(answer != .killed, "\(name)")
            // The passwd file is not in the folder.
            if name.hasPrefix("read ") { #expect(answer != .done, "\(name)") }
        }
        for (tries, mustKill) in [(Self.killing, true), (Self.refused, false)] {
            for name in tries {
                let answer = try await attempt(name, hostile, children)
                switch answer {
                case .killed: #expect(mustKill, "\(name) is refused in another way than it was")
                case .refused(let code):
                    #expect(!mustKill && Self.denials.contains(code), "\(name): \(answer)")
                case .done, .other: Issue.record("\(name): \(answer)")
                }
            }
        }
        #expect(fixture.process == scanner)
        // While a child is replaced, its folder is created again.
        try await hostile.children(children)
        #expect(files.contents(atPath: "\(fixture.scratch.path)/\(other)/secret") == Data(eicar))
        #expect(try everything(in: fixture.scratch) == before)
        for path in ["/tmp/lazaret-escape", "/dev/shm/lazaret-escape", "\(fixture.scratch.path)/lazaret-escape"] {
            #expect(!files.fileExists(atPath: path))
        }
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        await hostile.stop()
    }

    /// Everything outside the children's own folders.
    private func everything(in folder: Folder) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().filter { path in
            let parts = path.split(separator: "/")
            return parts.count < 3 || parts[1] == "7"
        }
    }

    private func attempt(_ name: String, _ hostile: HostileScannerFixture, _ count: Int) async throws -> Answer {
        let fixture = hostile.fixture
        let children = try await hostile.children(count)
        let line = name.replacing("PARENT", with: "\(fixture.process)").replacing("WORKER", with: "\(getpid())")
            .replacing("SIBLING", with: "\(children.last ?? 0)").replacing("SCRATCH", with: fixture.scratch.path)
            .replacing("SIGNATURES", with: fixture.signatures.path).replacing(
                "OTHER", with: "\(fixture.scratch.path)/lazaret-scanner.\(fixture.process)/7")
        if let path = line.split(separator: " ").last, path.hasPrefix("/") {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            #expect(access("/" + folder, F_OK) == 0, "\(path) does not exist")
        }
        do throws(ScannerError) {
            let script = HostileScannerFixture.script("try " + line)
            let spool = Spool(script, .unlinked)
            return Answer(
                .success(
                    try await fixture.scanners.scan(
                        spool.descriptor, size: Int64(script.count), limits: ScanLimits())))
        } catch {
            return Answer(.failure(error))
        }
    }

    /// The control: without what scanning needs, the tables above would prove nothing.
    @Test(arguments: ["write ./mine", "mkdir ./folder", "read-beside .", "kill-nobody"])
    func `a child may do what scanning needs`(name: String) async throws {
        let hostile = try await HostileScannerFixture(maxDeaths: 1)
        let answer = try await attempt(name, hostile, 1)
        if name == "kill-nobody" {
            guard case .other(let text) = answer else {
                Issue.record("a try that does not exist was \(answer)")
                return
            }
            #expect(text.contains("unknown attempt"))
        } else {
            #expect(answer == .done)
        }
        await hostile.stop()
    }
}
