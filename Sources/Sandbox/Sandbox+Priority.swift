import CShims
import Glibc
import ScanProtocol

extension Sandbox {
    private static let niceness: CInt = 5
    /// Added to the scanner's score, up to 1000: when memory runs out, the kernel kills a child first.
    private static let outOfMemoryScore = 500

    /// Lets the rest of the machine run before the parsing of hostile bytes.
    func lowerPriority() -> SandboxLayer {
        errno = 0
        // -1 may be the new value or a failure; only errno distinguishes them.
        guard nice(Self.niceness) != -1 || errno == 0 else { return SandboxLayer("priority", "", failed: true) }
        // The files of a process that is not dumpable belong to root. Only this process's own can be written.
        _ = lz_set_dumpable(1)
        defer { _ = lz_set_dumpable(0) }
        let path = "/proc/self/oom_score_adj"
        let score = min(1000, (number(in: path).map(Int.init) ?? 0) + Self.outOfMemoryScore)
        let text = Array("\(score)".utf8)
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        let isWritten = unsafe descriptor >= 0 && write(descriptor, text, text.count) == text.count
        let layer = SandboxLayer(
            "priority", "nice +\(Self.niceness), first to be killed when memory runs out", failed: !isWritten)
        if descriptor >= 0 { close(descriptor) }
        return layer
    }

    /// Returns this process's address space in bytes, or nil if it is unknown.
    func mappedBytes() -> UInt64? {
        number(in: "/proc/self/statm").map { UInt64($0) * UInt64(sysconf(CInt(_SC_PAGESIZE))) }
    }

    /// Returns the number at a file's start, or nil if there is none or it is negative.
    private func number(in path: String) -> UInt32? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(descriptor, &text, text.count)
        let digits = text.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}
