import Glibc
import ScanProtocol

extension Sandbox {
    private static let niceness: CInt = 5
    /// Of 1000, on top of what the scanner has: where memory runs out, the kernel takes a child before anything else of ours.
    private static let outOfMemoryScore = 500

    /// Hostile bytes wait for the rest of the machine, not the other way round.
    func lowerPriority() -> SandboxLayer {
        errno = 0
        // -1 may be the new value as well as a failure; only errno tells.
        guard nice(Self.niceness) != -1 || errno == 0 else { return SandboxLayer("priority", "", failed: true) }
        let path = "/proc/self/oom_score_adj"
        let score = min(1000, (number(in: path).map(Int.init) ?? 0) + Self.outOfMemoryScore)
        let text = Array("\(score)".utf8)
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        let isFirst = unsafe descriptor >= 0 && write(descriptor, text, text.count) == text.count
        let layer = SandboxLayer(
            "priority", "nice +\(Self.niceness), first to go where memory runs out", failed: !isFirst)
        if descriptor >= 0 { close(descriptor) }
        return layer
    }

    /// Bytes of address space that this process has; nil where that cannot be told.
    func mappedBytes() -> UInt64? {
        number(in: "/proc/self/statm").map { UInt64($0) * UInt64(sysconf(CInt(_SC_PAGESIZE))) }
    }

    /// The number that a file begins with, where it is not negative.
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
