import Glibc
import ScanProtocol

extension Cell {
    private static let niceness: CInt = 5
    /// Of 1000: where memory runs out, the kernel takes a child before anything else of ours.
    private static let outOfMemoryScore = 500

    /// Hostile bytes wait for the rest of the machine, not the other way round.
    func lowerPriority() -> CellLayer {
        errno = 0
        // -1 may be the new value as well as a failure; only errno tells.
        let isNice = nice(Self.niceness) != -1 || errno == 0
        guard isNice else { return CellLayer("priority", "", failed: true) }
        let text = Array("\(Self.outOfMemoryScore)".utf8)
        let descriptor = unsafe open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        let isFirst = unsafe descriptor >= 0 && write(descriptor, text, text.count) == text.count
        let layer = CellLayer(
            "priority", "nice +\(Self.niceness), first to go where memory runs out", failed: !isFirst)
        if descriptor >= 0 { close(descriptor) }
        return layer
    }

    /// Bytes of address space that this process has; nil where that cannot be told.
    func mappedBytes() -> UInt64? {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(descriptor, &text, text.count)
        let digits = text.prefix(max(0, count)).prefix { $0 != UInt8(ascii: " ") }
        return UInt64(String(decoding: digits, as: UTF8.self)).map { $0 * UInt64(sysconf(CInt(_SC_PAGESIZE))) }
    }
}
