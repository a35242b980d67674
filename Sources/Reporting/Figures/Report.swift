package import Domain
package import Ledger

/// The figures of a period: what arrived, how it was judged, what was done, and what is left.
///
/// The same jobs give the same figures in whatever order they are added, and so the same bytes in each format; only
/// which texts have a count of their own depends on it, where there are more than `RankedCounts.maximumTexts`.
package struct Report: Sendable, Equatable {
    package let period: ReportPeriod

    package internal(set) var all = Count()
    /// By outcome; `open` for jobs that have not ended.
    package internal(set) var outcomes: [String: Count] = [:]
    package internal(set) var verdicts: [Verdict: Count] = [:]
    package internal(set) var dispositions: [VerdictAndDisposition: Count] = [:]
    /// The number of objects by slot of the period and by verdict; nil for those without one.
    package internal(set) var slots: [Int64: [Verdict?: Int64]] = [:]

    package internal(set) var signatures = RankedCounts()
    /// By the rule of the pipeline that was broken.
    package internal(set) var rules = RankedCounts()
    /// Why objects were refused although nothing was found in them.
    package internal(set) var refusedUnscanned = RankedCounts()
    /// Why objects are where others may read them although they were not wholly scanned, or were found bad.
    package internal(set) var letThrough = RankedCounts()
    package internal(set) var types = RankedCounts()
    package internal(set) var pipelines = RankedCounts()
    package internal(set) var uploaders = RankedCounts()
    package internal(set) var badUploaders = RankedCounts()
    package internal(set) var engines = RankedCounts()

    /// From receipt to judgement.
    package internal(set) var timeToVerdict = DurationHistogram()
    package internal(set) var signatureAges: [String: SignatureAge] = [:]
    /// The greatest age, in milliseconds, of the newest signed database at a judgement, by slot of the period.
    package internal(set) var greatestAges: [Int64: Int64] = [:]

    /// Of quarantined objects, by where their review stands now.
    package internal(set) var reviews: [ReviewState: Count] = [:]
    package internal(set) var failed = BoundedList<JobRecord>()
    package internal(set) var stranded = BoundedList<JobRecord>()
    package internal(set) var letThroughJobs = BoundedList<JobRecord>()
    /// What people and programs did, the latest first.
    package internal(set) var actions = BoundedList<AuditEntry>()

    /// The head of the ledger's chain when the report was made.
    package let head: ChainHead

    package init(period: ReportPeriod, head: ChainHead) {
        self.period = period
        self.head = head
    }

    package struct VerdictAndDisposition: Hashable, Sendable {
        package let verdict: Verdict
        package let disposition: Disposition

        package init(verdict: Verdict, disposition: Disposition) {
            self.verdict = verdict
            self.disposition = disposition
        }
    }
}

/// The first elements of a list, and how many there were.
package struct BoundedList<Element: Sendable & Equatable>: Sendable, Equatable {
    package static var maximumCount: Int { 200 }

    package private(set) var elements: [Element] = []
    package private(set) var count: Int64 = 0

    package init() {}

    mutating func add(_ element: Element) {
        count += 1
        if elements.count < Self.maximumCount { elements.append(element) }
    }
}
