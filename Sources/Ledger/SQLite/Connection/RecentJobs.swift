import Domain

/// The jobs that wrote lately: whether a transaction may be shared soon.
struct RecentJobs {
    /// Several jobs at a time write at least so often: each writes a few times, in some ten milliseconds.
    private static let window = Duration.milliseconds(32)

    private var job: JobID?
    private var lastWrite: ContinuousClock.Instant?
    /// When another job than `job` wrote last.
    private var lastOfOthers: ContinuousClock.Instant?

    mutating func note(_ writer: JobID, at now: ContinuousClock.Instant) {
        if writer != job { (job, lastOfOthers) = (writer, lastWrite) }
        lastWrite = now
    }

    /// Whether more than one job wrote within the window.
    func areSeveral(at now: ContinuousClock.Instant) -> Bool {
        lastOfOthers.map { now - $0 < Self.window } ?? false
    }
}
