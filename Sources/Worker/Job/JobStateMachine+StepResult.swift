package import Domain

extension JobStateMachine {
    /// The result of a step.
    package enum StepResult: Sendable, Equatable {
        /// - Parameters:
        ///   - earlier: the judgement that an earlier attempt put on record.
        ///   - isInForce: whether that judgement may be acted upon; otherwise the object is inspected again.
        ///   - mayBeMoved: whether an earlier attempt may have begun a move although no judgement is on record.
        ///   - copied: the verified copy on record, whose source was to be deleted. If no pipeline takes the object any
        ///     more: the copy of a source that is gone.
        case claimed(
            earlier: Judgement?, isInForce: Bool = true, mayBeMoved: Bool = false, copied: Destination? = nil)
        case alreadyFinished(Outcome)
        /// - Parameter size: nil if S3 sent no length.
        case head(ObjectVersion, size: Int64?)
        case fetched(SeenObject)
        /// - Parameter breach: nil if the object is within its quota.
        case charged(breach: Finding?)
        case judged(Judgement)
        case recorded
        case firstReceipt(Timestamp)
        /// No other upload of the key is in the way.
        case inOrder
        /// A later upload of the key goes, or went, to the destination.
        case overtaken
        /// - Parameter dropped: the names of the uploader's tags that made room.
        case tagged(dropped: [String])
        case copied(Destination)
        case deleted
        case precedence(isOvertaken: Bool)
        case copyFound(Destination)
        case copyMissing
        case sidecarsRemoved
        /// - Parameter isOurs: false if another attempt has the job.
        case finished(isOurs: Bool)
        case released
        /// - Parameter outcome: how the job had ended, if it had.
        case stranded(Outcome?)
        case failed(StepFailure)
    }
}
