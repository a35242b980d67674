/// The action taken on an object.
package enum Disposition: String, CaseIterable, Sendable {
    case promoted, quarantined, deleted, kept
}

/// The location that an object was copied to, with the version that the store assigned.
package struct Destination: Hashable, Sendable {
    package let location: ObjectLocation
    package let versionID: String?

    package init(_ location: ObjectLocation, versionID: String? = nil) {
        self.location = location
        self.versionID = versionID
    }
}

/// How a job ended.
package enum Outcome: Sendable, Equatable {
    /// The object was judged, and its pipeline's action was carried out.
    case settled(Judgement, Disposition, Destination?)
    /// The object no longer existed, and no earlier attempt explains why.
    case gone
    /// The object was overwritten in the meantime; the newer version has its own job.
    case superseded
    /// The job cannot be finished, and another attempt would not help; the object stays where it was. The judgement is
    /// present if there was one.
    case failed(reason: String, Judgement?)
    /// No pipeline matches the object; it stays where it was.
    case unmatched
    /// The object is a folder marker, as consoles make: no bytes, and a key that ends in a slash; or the version is a
    /// delete marker. It stays there.
    case marker

    package enum Kind: String, CaseIterable, Sendable {
        case settled, gone, superseded, failed, unmatched, marker
    }

    package var kind: Kind {
        switch self {
        case .settled: .settled
        case .gone: .gone
        case .superseded: .superseded
        case .failed: .failed
        case .unmatched: .unmatched
        case .marker: .marker
        }
    }

    package var judgement: Judgement? {
        switch self {
        case .settled(let judgement, _, _): judgement
        case .failed(_, let judgement): judgement
        case .gone, .superseded, .unmatched, .marker: nil
        }
    }
}
