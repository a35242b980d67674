package import AWS
package import Domain
internal import Intake
package import Ledger

/// What a backfill does about one listed object.
package enum BackfillStep: Sendable, Equatable {
    /// Sends an event.
    ///
    /// - Parameter isRepeat: the key had the same bytes before, and their job has ended. A listing has no sequencer, so
    ///   this upload's job may have the same name.
    case send(Event, isRepeat: Bool)
    case leave(Reason)

    package enum Reason: Hashable, Sendable {
        /// No pipeline takes the object.
        case unmatched
        /// The object was written outside the time span.
        case outsideTime
        /// An attempt works on the job, or its message is on its way.
        case open
        case ended(Outcome.Kind)
    }

    /// - Parameters:
    ///   - isTaken: whether a pipeline takes the object.
    ///   - times: the span in which the object was last written.
    ///   - known: the latest job of this version of the object.
    package init(
        _ object: ListedObject, in bucket: String, isTaken: Bool, times: TimeSpan, known: JobRecord?
    ) {
        guard isTaken else {
            self = .leave(.unmatched)
            return
        }
        guard times.contains(object.lastModified) else {
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
            // The job's own event: the destination may depend on its time, and an attempt may have begun the move.
            self = known.strandedAt == nil ? .leave(.open) : .send(known.job.event, isRepeat: false)
        }
    }
}

/// From one time up to and without another. Either may be missing.
package struct TimeSpan: Sendable, Equatable {
    package var since: Timestamp?
    package var until: Timestamp?

    package init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }

    /// Returns true for an unknown time.
    func contains(_ time: Timestamp?) -> Bool {
        guard let time else { return true }
        return since.map { time >= $0 } ?? true && until.map { time < $0 } ?? true
    }
}

extension Event {
    /// The event of a listed object: the same for each listing. In a bucket with versions its job is the same as that
    /// of the event which S3 sent for the upload.
    package init(of object: ListedObject, in bucket: String) {
        self.init(
            object: ObjectVersion(bucket: bucket, key: object.key, versionID: object.versionID, etag: object.etag),
            size: object.size, sequencer: nil, time: object.lastModified, name: "ObjectCreated:Backfill")
    }
}

extension JobRecord {
    /// Whether the object was written after the upload that this job was about. A listing may have whole seconds, and
    /// an event has the time at which the upload ended.
    fileprivate func isOlder(than object: ListedObject) -> Bool {
        guard let written = object.lastModified else { return false }
        return written > (job.event.time ?? firstReceivedAt).advanced(by: .seconds(1))
    }
}
