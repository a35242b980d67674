internal import Glibc

/// The limit of open descriptors of this process.
enum DescriptorLimit {
    /// What a running job needs at most: its spool, two re-openings of it for the scanner, and its connections.
    private static let perJob = 8
    private static let base = 128

    static func needed(jobs: Int) -> Int { base + perJob * jobs }

    /// Raises the limit as far as this user may.
    ///
    /// - Throws: `CommandFailure` if it is then too low for this many jobs at once.
    static func raise(jobs: Int) throws {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try check(limit: UInt64(limit.rlim_max), jobs: jobs)
    }

    static func check(limit: UInt64, jobs: Int) throws {
        let needed = needed(jobs: jobs)
        guard limit < UInt64(needed) else { return }
        throw CommandFailure(
            .configuration, "\(jobs) jobs at once need \(needed) open files, and at most \(limit) are allowed",
            "Raise the limit (LimitNOFILE of the service, or `ulimit -n`), or lower --concurrency.")
    }
}
