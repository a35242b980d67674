internal import AWS
package import Domain
package import Ledger

/// What is done about a job that stands as nobody is going to bring it further.
package enum RepairAction: Sendable, Equatable {
    /// The job is claimed and brought to its end by the judgement on record.
    case finish
    /// The job had failed half-way: it is opened again with its judgement, claimed and brought to its end.
    case finishAnew
    /// Its event is sent to the queue again.
    case send
    /// The job has ended well and its source stands all the same: the source is deleted.
    case deleteSource
    /// Nothing is amiss, or it is another job's business.
    case nothing
    /// A person has to look; the text says at what.
    case person(String)

    /// Of an open job that nobody holds, and that has no judgement which names the object's bytes.
    ///
    /// - Parameter canSend: whether there is a queue to send to.
    package static func ofUnjudged(canSend: Bool) -> RepairAction {
        canSend ? .send : .person("it was begun and never judged, and nobody works on it: \(sendingHint)")
    }

    /// Of an open job that nobody holds, judged as its record says.
    package static func ofJudged(_ found: ObjectState, canSend: Bool) -> RepairAction {
        switch (found.source, found.copy) {
        case (.there, .there), (.gone, .there), (.replaced, _): .finish
        case (.there, .missing):
            canSend ? .send : .person("it was judged and its move never begun, and nobody works on it: \(sendingHint)")
        // To delete or to tag it takes no copy: both are done by the judgement alone, and may have been.
        case (_, .notWanted): .finish
        case (.gone, .missing): .person("neither the object nor its copy is there: look who took them away")
        }
    }

    /// Of a job that failed after its judgement.
    package static func ofFailed(_ found: ObjectState, at now: Timestamp) -> RepairAction {
        switch (found.source, found.copy) {
        case (.there(_, let lock?), .there) where lock.holds(at: now): .person(waiting(for: lock))
        case (.there, .there), (.gone, .there), (.replaced, .there): .finishAnew
        case (_, .missing), (_, .notWanted): .nothing
        }
    }

    /// Of a job that has ended with its object at another place.
    ///
    /// - Parameters:
    ///   - record: of the job, an event of the object with it.
    ///   - isLatest: whether no later job is about the same state of the object.
    package static func ofSettled(
        _ record: JobRecord, _ found: ObjectState, isLatest: Bool, at now: Timestamp
    ) -> RepairAction {
        guard case .there(let written, let lock) = found.source, isLatest else { return .nothing }
        // The same bytes were uploaded again: they are another job's, though no version tells them apart.
        if record.job.object.versionID == nil {
            let uploaded = record.job.event.time ?? record.firstReceivedAt
            guard let written else {
                return .person("it is not told when the object was written: it may be another upload of the same bytes")
            }
            if written > uploaded.advanced(by: .seconds(1)) { return .nothing }
        }
        guard case .there = found.copy else {
            return .person("the object is where it was, and its copy is not where the job had put it")
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
