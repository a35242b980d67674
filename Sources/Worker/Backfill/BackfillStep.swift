package import AWS
package import Domain
internal import Intake
package import Ledger

/// What a backfill does about one object that a bucket lists.
package enum BackfillStep: Sendable, Equatable {
    /// Sends a message of it.
    ///
    /// - Parameter isRepeat: the same bytes stood under the key before, and their job has ended. A listing tells no
    ///   sequencer, so that this upload's job may have the same name.
    case send(Event, isRepeat: Bool)
    case leave(Reason)

    package enum Reason: Hashable, Sendable {
        /// No pipeline takes it.
        case unmatched
        /// It was written before or after the time that was asked for.
        case outsideTime
        /// An attempt is at work on it, or its message is on its way.
        case open
        case ended(Outcome.Kind)
    }

    /// - Parameters:
    ///   - isTaken: whether a pipeline takes the object.
    ///   - times: when the object was last written, to be taken.
    ///   - known: the latest job of this very state of the object.
    package init(
        _ object: ListedObject, in bucket: String, isTaken: Bool, times: TimeSpan, known: JobRecord?
    ) {
        guard isTaken else {
            self = .leave(.unmatched)
            return
        }
        guard times.holds(object.lastModified) else {
            self = .leave(.outsideTime)
            return
        }
        let event = Event(of: object, in: bucket)
        guard let known else {
            self = .send(event, isRepeat: false)
            return
        }
        if let outcome = known.outcome {
            let isLaterUpload = event.object.versionID == nil && known.isOlder(than: object)
            self = isLaterUpload ? .send(event, isRepeat: true) : .leave(.ended(outcome.kind))
        } else {
            // The job's own event: its time says where the object goes, and an attempt may have begun to take it there.
            self = known.strandedAt == nil ? .leave(.open) : .send(known.job.event, isRepeat: false)
        }
    }
}

/// From a time on and before another, as far as they are given.
package struct TimeSpan: Sendable, Equatable {
    package var since: Timestamp?
    package var until: Timestamp?

    package init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }

    /// True of a time that is not known.
    func holds(_ time: Timestamp?) -> Bool {
        guard let time else { return true }
        return since.map { time >= $0 } ?? true && until.map { time < $0 } ?? true
    }
}

extension Event {
    /// The event that tells of an object as a listing found it: the same however often it is listed. In a bucket with
    /// versions its job is that of the event which S3 sent of the upload.
    package init(of object: ListedObject, in bucket: String) {
        self.init(
            object: ObjectVersion(bucket: bucket, key: object.key, versionID: object.versionID, etag: object.etag),
            size: object.size, sequencer: nil, time: object.lastModified, name: "ObjectCreated:Backfill")
    }
}

extension JobRecord {
    /// Whether the object was written after what this job worked on. A listing may tell whole seconds, and an event's
    /// time is taken when the upload ends.
    fileprivate func isOlder(than object: ListedObject) -> Bool {
        guard let written = object.lastModified else { return false }
        return written > (job.event.time ?? firstReceivedAt).advanced(by: .seconds(1))
    }
}
