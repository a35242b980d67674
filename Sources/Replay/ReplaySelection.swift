package import Domain
internal import Intake
package import Ledger

/// Which jobs are to be worked on again.
package struct ReplaySelection: Sendable, Equatable {
    /// Only these; empty: any.
    package var jobs: [JobID]
    /// Only jobs that failed, and open ones that are stranded.
    package var failed: Bool
    /// What must hold besides. Its limit and its page mean nothing here.
    package var filter: JobQuery

    package init(jobs: [JobID] = [], failed: Bool = false, filter: JobQuery = JobQuery()) {
        self.jobs = jobs
        self.failed = failed
        self.filter = filter
        self.filter.limit = 0
        self.filter.before = nil
    }

    /// Whether nothing is asked for in particular.
    package var isEverything: Bool { jobs.isEmpty && !hasFilter }

    package var hasFilter: Bool { failed || filter != JobQuery(limit: 0) }

    /// Whether jobs whose object was not there are meant, too.
    var takesGone: Bool { !jobs.isEmpty || filter.outcome == .gone }

    /// The ledger's lists that hold them all. The stranded ones first: a failed job is stranded as soon as it is opened.
    var queries: [JobQuery] {
        guard failed else { return [filter] }
        var (stranded, ended) = (filter, filter)
        stranded.strandedOnly = true
        ended.outcome = .failed
        return [stranded, ended]
    }

    /// Whether the job of a message's event is meant.
    ///
    /// - Parameters:
    ///   - record: what the ledger knows of it; of a job that was never claimed only its object and its time are known.
    ///   - sentAt: when the message was sent.
    func takes(_ event: Event, _ record: JobRecord?, sentAt: Timestamp?) -> Bool {
        guard jobs.isEmpty || jobs.contains(JobID(of: event)) else { return false }
        if let record { return queries.contains { $0.takes(record) } }
        guard !failed, !filter.asksForRecord, filter.takes(event.object) else { return false }
        guard filter.since != nil || filter.until != nil else { return true }
        return (sentAt ?? event.time).map { filter.takes(receivedAt: $0) } ?? false
    }
}
