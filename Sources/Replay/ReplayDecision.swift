package import Domain
package import Ledger

/// What to do so that a job is worked on again.
package enum ReplayDecision: Sendable, Equatable {
    /// The job has ended: reopen it, and send its event.
    case reopen
    /// The job is open, and no worker holds it: send its event. If the queue has a message of it already, the later of
    /// the two finds the job done.
    case send
    case leave(Reason)

    /// Why a job can't or need not be worked on again.
    package enum Reason: Sendable, Equatable {
        case held(by: String, until: Timestamp)
        case promoted(Destination?)
        case quarantined(Destination?)
        case deleted
        case superseded
        case gone
        /// It ended after the replay had started or had looked at it, so the outcome is new.
        case endedMeanwhile(Outcome.Kind)
    }

    /// - Parameters:
    ///   - includesGone: whether jobs with the outcome `gone` were selected explicitly. Otherwise their objects are
    ///     assumed to be still missing.
    ///   - start: when the replay started; nil if the job was selected by its id.
    package init(for record: JobRecord, includesGone: Bool, start: Timestamp?, now: Timestamp) {
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
            case .failed, .unmatched, .marker, .settled(_, .kept, _): .reopen
            case .settled(_, .promoted, let destination): .leave(.promoted(destination))
            case .settled(_, .quarantined, let destination): .leave(.quarantined(destination))
            case .settled(_, .deleted, _): .leave(.deleted)
            case .superseded: .leave(.superseded)
            case .gone: includesGone ? .reopen : .leave(.gone)
            }
    }
}

extension ReplayDecision.Reason: CustomStringConvertible {
    /// A short label for counts.
    package var label: String {
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

    /// The reason, and what to do instead.
    package var description: String {
        switch self {
        case .held(let holder, let until): "held by \(holder) until \(until)"
        case .promoted(let destination):
            "promoted to \(destination.text): to have it inspected again, upload or copy it to the incoming bucket"
        case .quarantined(let destination):
            "quarantined at \(destination.text): `lazaret quarantine rescan` inspects it again, `lazaret quarantine release` moves it to where clean objects go"
        case .deleted: "deleted: the object no longer exists"
        case .superseded: "superseded: the object was overwritten, and the newer version has its own job"
        case .gone: "gone: the object was missing; to replay it anyway, use --outcome gone or the job's id"
        case .endedMeanwhile(let kind): "ended as \(kind.rawValue) after this replay started"
        }
    }

    /// The current location of an object that was moved.
    package var destination: Destination? {
        switch self {
        case .promoted(let destination), .quarantined(let destination): destination
        case .held, .deleted, .superseded, .gone, .endedMeanwhile: nil
        }
    }
}

extension Destination? {
    fileprivate var text: String { self?.location.description ?? "an unrecorded location" }
}
