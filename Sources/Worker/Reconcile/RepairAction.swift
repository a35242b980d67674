internal import AWS
package import Domain
package import Ledger

/// The repair of a job that was not finished and that nobody works on.
package enum RepairAction: Sendable, Equatable {
    /// Claims the job and finishes it by the judgement on record.
    case finish
    /// Opens a job that failed after its copy was made, keeps its judgement, and finishes it.
    case reopen
    /// Sends the event to the queue again.
    case send
    /// Deletes the source of a job that was settled.
    case deleteSource
    /// The job is as it should be, or another job is responsible for the object.
    case nothing
    /// A person has to decide; the text says what about.
    case person(String)

    /// The repair of an open job without a claim, and without a judgement of a known version.
    ///
    /// - Parameter canSend: whether there is a queue to send to.
    package static func ofUnjudged(canSend: Bool) -> RepairAction {
        canSend ? .send : .person("it was started and never judged, and nobody works on it: \(sendingHint)")
    }

    /// The repair of an open job without a claim, and with a judgement.
    package static func ofJudged(_ state: ObjectState, canSend: Bool) -> RepairAction {
        switch (state.source, state.copy) {
        case (.there, .there), (.gone, .there), (.replaced, _): .finish
        // A worker knows whether the judgement is still in force, and inspects the object again if not.
        case (.there, .missing), (.there, .notWanted):
            canSend
                ? .send : .person("it was judged and its move never started, and nobody works on it: \(sendingHint)")
        // The deletion was done, or there is nothing left to tag.
        case (.gone, .notWanted): .finish
        case (.gone, .missing): .person("neither the object nor its copy is there: find out who deleted them")
        }
    }

    /// The repair of a job that failed after its judgement.
    package static func ofFailed(_ state: ObjectState, at now: Timestamp) -> RepairAction {
        switch (state.source, state.copy) {
        case (.there(_, let lock?), .there) where lock.holds(at: now): .person(waiting(for: lock))
        case (.there, .there), (.gone, .there), (.replaced, .there): .reopen
        case (_, .missing), (_, .notWanted): .nothing
        }
    }

    /// The repair of a job that was settled with its object at a destination.
    ///
    /// - Parameter isLatest: whether no later job is about the same version of the object.
    package static func ofSettled(
        _ record: JobRecord, _ state: ObjectState, isLatest: Bool, at now: Timestamp
    ) -> RepairAction {
        guard case .there(let written, let lock) = state.source, isLatest else { return .nothing }
        // Without versions, a later upload of the same bytes looks the same, and belongs to another job.
        if record.job.object.versionID == nil {
            let uploaded = record.job.event.time ?? record.firstReceivedAt
            guard let written else {
                return .person(
                    "S3 does not say when the object was written: it may be another upload of the same bytes")
            }
            if written > uploaded.advanced(by: .seconds(1)) { return .nothing }
        }
        guard case .there = state.copy else {
            return .person("the object is where it was uploaded, and its copy is missing at the destination")
        }
        if let lock, lock.holds(at: now) { return .person(waiting(for: lock)) }
        return .deleteSource
    }

    private static let sendingHint = "--queue sends its event again"

    private static func waiting(for lock: ObjectLock) -> String {
        let end = lock.retainedUntil.map { " until \($0)" } ?? ""
        let hold = lock.hasLegalHold ? "a legal hold" : "an Object Lock"
        return "\(hold) keeps the source\(lock.hasLegalHold ? "" : end): run this again when it has ended"
    }
}
