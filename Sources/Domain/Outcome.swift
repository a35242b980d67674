/// What was done with an object.
package enum Disposition: String, CaseIterable, Sendable {
    case promoted, quarantined, deleted, kept
}

/// Where an object went, with the version that the store gave it there.
package struct Destination: Hashable, Sendable {
    package let location: ObjectLocation
    package let versionID: String?

    package init(_ location: ObjectLocation, versionID: String? = nil) {
        self.location = location
        self.versionID = versionID
    }
}

/// What an inspection came to, before anything is done about it.
package struct Judgement: Sendable, Equatable {
    package let verdict: Verdict
    package let findings: [Finding]
    package let evidence: Evidence

    package init(verdict: Verdict, findings: [Finding], evidence: Evidence) {
        self.verdict = verdict
        self.findings = findings
        self.evidence = evidence
    }
}

/// How a job ended.
package enum Outcome: Sendable, Equatable {
    /// The object was judged, and what its pipeline asks for was done.
    case settled(Judgement, Disposition, Destination?)
    /// The object was not there any more, and no earlier attempt explains it.
    case gone
    /// The object was overwritten meanwhile; the newer version has a job of its own.
    case superseded
    /// It can't be done, and trying again will not help; the object is where it was. The judgement is kept where there was one.
    case failed(reason: String, Judgement?)
    /// No pipeline takes the object; it is where it was.
    case unmatched

    package enum Kind: String, CaseIterable, Sendable {
        case settled, gone, superseded, failed, unmatched
    }

    package var kind: Kind {
        switch self {
        case .settled: .settled
        case .gone: .gone
        case .superseded: .superseded
        case .failed: .failed
        case .unmatched: .unmatched
        }
    }

    package var judgement: Judgement? {
        switch self {
        case .settled(let judgement, _, _): judgement
        case .failed(_, let judgement): judgement
        case .gone, .superseded, .unmatched: nil
        }
    }
}
