internal import Glibc

/// How many files and sockets a worker may have open at once, and how many it needs.
struct DescriptorNeed: Equatable {
    /// About four a job (its spool, and its connections to S3), with room for repeated and parallel requests, two for
    /// each scanner child and some for the ledger, the queue and the listener.
    let needed: Int
    /// The limit in force, and the one up to which the process may raise it.
    let soft: Int
    let hard: Int

    init(concurrency: Int, scanners: Int, soft: Int, hard: Int) {
        needed = 64 + 8 * concurrency + 4 * scanners
        self.soft = soft
        self.hard = hard
    }

    init(concurrency: Int, scanners: Int) {
        var limit = rlimit()
        let known = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        self.init(
            concurrency: concurrency, scanners: scanners,
            soft: known ? Int(clamping: limit.rlim_cur) : .max, hard: known ? Int(clamping: limit.rlim_max) : .max)
    }

    /// What `lazaret check` prints.
    ///
    /// - Throws: `CommandFailure` if even the hard limit is too low.
    func report() throws -> String {
        guard hard >= needed else {
            throw CommandFailure(
                .configuration,
                "a worker with this --concurrency needs \(needed) open files, and the limit is \(hard): raise it (LimitNOFILE= in systemd, ulimit -n), or lower --concurrency"
            )
        }
        let text = "a worker with this --concurrency needs up to \(needed) open files"
        return soft >= needed
            ? "\(text); the limit is \(soft)" : "\(text); the limit is \(soft), which `lazaret run` raises to \(hard)"
    }
}
