/// Why a step was not done. The only form in which the state machine sees errors.
package struct StepFailure: Error, Sendable, Equatable {
    package enum Kind: Sendable, CaseIterable {
        /// S3 does not have the object version.
        case objectGone
        /// The version is a delete marker: no bytes belong to it.
        case objectIsMarker
        /// S3 has another version under the key.
        case objectReplaced
        /// S3 copied other bytes than were inspected, under the same ETag. The copy is deleted.
        case mismatchedBytes
        /// It fails however often it is tried.
        case refused
        /// Another attempt has the job.
        case claimLost
        /// The worker is stopping.
        case stopping
        /// The next attempt may succeed.
        case transient
        /// The service is to blame, and not the object: the job waits in hand until it is back.
        case unavailable
    }

    package let kind: Kind
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}
