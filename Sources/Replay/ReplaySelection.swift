package import Domain
internal import Intake
package import Ledger

/// The jobs that a replay is asked for.
package struct ReplaySelection: Sendable, Equatable {
    /// Only these; any if empty.
    package var jobs: [JobID]
    /// Only failed jobs and stranded ones.
    package var failed: Bool
    /// Only messages of a dead-letter queue that can't be read. They are deleted, not sent.
    package var unreadableOnly = false
    /// Further conditions. The limit and the page of the query are ignored.
    package var filter: JobQuery

    package init(jobs: [JobID] = [], failed: Bool = false, filter: JobQuery = JobQuery()) {
        self.jobs = jobs
        self.failed = failed
        self.filter = filter
        self.filter.limit = 0
        self.filter.before = nil
    }

    /// Whether there is no condition at all.
    package var isEverything: Bool { jobs.isEmpty && !hasFilter }

    package var hasFilter: Bool { failed || filter != JobQuery(limit: 0) }

    /// Whether jobs with the outcome `gone` are replayed.
    var includesGone: Bool { !jobs.isEmpty || filter.outcome == .gone }

    /// The ledger queries that together return all of the jobs. Stranded ones come first: a failed job becomes stranded
    /// when it is reopened.
    var queries: [JobQuery] {
        guard failed else { return [filter] }
        var (stranded, ended) = (filter, filter)
        stranded.strandedOnly = true
        ended.outcome = .failed
        return [stranded, ended]
    }

    /// Whether the conditions on objects and job ids include an event's object.
    func mayInclude(_ event: Event) -> Bool {
        (jobs.isEmpty || jobs.contains(JobID(of: event))) && filter.matches(event.object)
    }

    /// Whether the selection includes the job of an event.
    ///
    /// - Parameters:
    ///   - record: the job's record in the ledger; nil if it was never claimed, when only its object and time are
    ///     known.
    ///   - sentAt: when the message was sent.
    func includes(_ event: Event, _ record: JobRecord?, sentAt: Timestamp?) -> Bool {
        guard jobs.isEmpty || jobs.contains(JobID(of: event)) else { return false }
        if let record { return queries.contains { $0.matches(record) } }
        guard !failed, !filter.needsRecord, filter.matches(event.object) else { return false }
        guard filter.since != nil || filter.until != nil else { return true }
        return (sentAt ?? event.time).map { filter.matches(receivedAt: $0) } ?? false
    }
}
