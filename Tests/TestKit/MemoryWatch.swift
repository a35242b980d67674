internal import Dispatch
internal import Glibc
internal import Support

/// Records the peak resident memory of a process and of its descendants until it ends.
///
/// The `ru_maxrss` of `wait4` does not serve: it includes every child that was waited for and, after `posix_spawn`, the
/// memory of the parent at that moment.
package final class MemoryWatch: Sendable {
    package struct Peaks: Sendable {
        /// The peak of the process, in bytes.
        package var own: Int64 = 0
        /// The highest peak among its descendants, in bytes.
        package var greatestChild: Int64 = 0
    }

    private struct State {
        var peaks = Peaks()
        var isOver = false
    }

    private let state = Locked(State())

    init(of process: pid_t) {
        DispatchQueue(label: "memory of \(process)").async { [self] in
            while !(state.withLock { $0.isOver }) {
                let own = highWater(of: process)
                let greatest = descendants(of: process).map(highWater).max() ?? 0
                state.withLock { state in
                    state.peaks.own = max(state.peaks.own, own)
                    state.peaks.greatestChild = max(state.peaks.greatestChild, greatest)
                }
                usleep(20_000)
            }
        }
    }

    func finish() -> Peaks {
        state.withLock { state in
            state.isOver = true
            return state.peaks
        }
    }
}

/// Returns the peak in bytes, or 0 if the process has ended.
private func highWater(of process: pid_t) -> Int64 {
    for line in text(of: "/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
        let number = line.drop { !$0.isNumber }.prefix { $0.isNumber }
        return (Int64(number) ?? 0) << 10
    }
    return 0
}

private func descendants(of process: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc/\(process)/task") else { return [] }
    defer { closedir(folder) }
    var children: [pid_t] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        let listed = text(of: "/proc/\(process)/task/\(name)/children").split(separator: " ").compactMap { pid_t($0) }
        children += listed
    }
    return children + children.flatMap(descendants)
}

private func text(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    let owned = Descriptor(owning: descriptor)
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(owned.number, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
}
