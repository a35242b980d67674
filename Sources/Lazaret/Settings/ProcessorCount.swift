internal import AWS
internal import Glibc

/// How many processors this process may keep busy: those of its CPU set, and no more than the CPU quota of its control
/// groups, rounded up (cgroups(7); Linux kernel, "Control Group v2", `cpu.max`; "CFS Bandwidth Control").
enum ProcessorCount {
    static var available: Int {
        let set = processorSet(readFile) ?? Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        return max(1, min(set, quota(readFile) ?? .max))
    }

    /// The number of processors that the scheduler may use for this process (proc(5), `Cpus_allowed`), as nproc(1)
    /// counts them; nil if it is unknown.
    static func processorSet(_ read: (_ path: String) -> String?) -> Int? {
        let lines = (read("/proc/self/status") ?? "").split(separator: "\n")
        let name = "Cpus_allowed:"
        guard let mask = lines.first(where: { $0.hasPrefix(name) })?.dropFirst(name.count) else { return nil }
        let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }

    /// The smallest quota of this process's control group and of those around it, in processors; nil if there is none.
    ///
    /// - Parameter read: returns the text of a file; nil if it can't be read.
    static func quota(_ read: (_ path: String) -> String?) -> Int? {
        var quotas: [Int] = []
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n").prefix(64) {
            // `0::/path` in version 2; `3:cpu,cpuacct:/path` in version 1.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
            let mounts = isUnified ? ["/sys/fs/cgroup"] : ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/\(fields[1])"]
            for mount in mounts {
                for folder in folders(of: fields[2]) {
                    let quota = isUnified ? unified(mount + folder, read) : original(mount + folder, read)
                    if let quota { quotas.append(quota) }
                }
            }
        }
        return quotas.min()
    }

    /// `/a/b`, `/a` and the root. In a container the root may be its own group, whatever the path says.
    private static func folders(of path: String) -> [String] {
        let names = path.split(separator: "/").prefix(32)
        return (0...names.count).reversed().map { names.prefix($0).map { "/\($0)" }.joined() }
    }

    /// `cpu.max`: `200000 100000`, or `max 100000`.
    private static func unified(_ folder: String, _ read: (String) -> String?) -> Int? {
        let fields = (read("\(folder)/cpu.max") ?? "").split { $0.isWhitespace }
        guard fields.count == 2 else { return nil }
        return processors(Int64(fields[0]), of: Int64(fields[1]))
    }

    /// `cpu.cfs_quota_us`, which is -1 for none, and `cpu.cfs_period_us`.
    private static func original(_ folder: String, _ read: (String) -> String?) -> Int? {
        func number(_ name: String) -> Int64? {
            read("\(folder)/\(name)").flatMap { Int64($0.split { $0.isWhitespace }.first ?? "") }
        }
        return processors(number("cpu.cfs_quota_us"), of: number("cpu.cfs_period_us"))
    }

    private static func processors(_ quota: Int64?, of period: Int64?) -> Int? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return Int(quota / period) + (quota % period > 0 ? 1 : 0)
    }
}
