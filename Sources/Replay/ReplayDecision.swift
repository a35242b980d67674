package import Domain
package import Ledger

/// What is to be done about a job so that it is worked on again.
package enum ReplayDecision: Sendable, Equatable {
    /// It has ended: it is opened again, and its message is sent.
    case reopen
    /// It is open, and nobody is at work on it: its message is sent. If there is one in the queue already, the later of the
    /// two finds the job done.
    case send
    case leave(Reason)

    /// Why a job can't be worked on again, or need not be.
    package enum Reason: Sendable, Equatable {
        case held(by: String, until: Timestamp)
        case promoted(Destination?)
        case quarantined(Destination?)
        case deleted
        case superseded
        case gone
        /// It ended after the replay had begun, or had looked at it: what it came to is news.
        case endedMeanwhile(Outcome.Kind)
    }

    /// - Parameters:
    ///   - takesGone: whether a job whose object was not there is asked for by name. The objects of others are hardly back.
    ///   - start: when the replay began; nil where a job is asked for by its id.
    package init(for record: JobRecord, takesGone: Bool, start: Timestamp?, now: Timestamp) {
        guard let outcome = record.outcome else {
            if let holder = record.heldBy, let expiry = record.heldUntil, expiry > now {
                self = .leave(.held(by: holder, until: expiry))
            } else {
                self = .send
            }
            return
        }
        if let start, let end = record.finishedAt, end > start {
            self = .leave(.endedMeanwhile(outcome.kind))
            return
        }
        self =
            switch outcome {
            case .failed, .unmatched, .settled(_, .kept, _): .reopen
            case .settled(_, .promoted, let destination): .leave(.promoted(destination))
            case .settled(_, .quarantined, let destination): .leave(.quarantined(destination))
            case .settled(_, .deleted, _): .leave(.deleted)
            case .superseded: .leave(.superseded)
            case .gone: takesGone ? .reopen : .leave(.gone)
            }
    }
}

extension ReplayDecision.Reason: CustomStringConvertible {
    /// In a few words, for counting.
    package var word: String {
        switch self {
        case .held: "held"
        case .promoted: "promoted"
        case .quarantined: "quarantined"
        case .deleted: "deleted"
        case .superseded: "superseded"
        case .gone: "gone"
        case .endedMeanwhile: "ended meanwhile"
        }
    }

    /// Says as well what helps instead.
    package var description: String {
        switch self {
        case .held(let holder, let until): "\(holder) is at work on it until \(until)"
        case .promoted(let destination):
            "promoted to \(destination.place): not at its source any more; `lazaret backfill` of that place looks at it again"
        case .quarantined(let destination):
            "quarantined at \(destination.place): not at its source any more; `lazaret quarantine rescan` looks at it again"
        case .deleted: "deleted: there is nothing left of it"
        case .superseded: "overwritten meanwhile: the newer version has a job of its own"
        case .gone: "its object was not there; --outcome gone or the job's id asks for it all the same"
        case .endedMeanwhile(let kind): "ended as \(kind.rawValue) after this replay began"
        }
    }

    /// Where the object is now, where it went somewhere.
    package var destination: Destination? {
        switch self {
        case .promoted(let destination), .quarantined(let destination): destination
        case .held, .deleted, .superseded, .gone, .endedMeanwhile: nil
        }
    }
}

extension Destination? {
    fileprivate var place: String { self?.location.description ?? "a place that is not on record" }
}
