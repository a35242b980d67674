package import Domain

extension JobStateMachine {
    /// The next thing to do about a job.
    ///
    /// `docs/OPERATIONS.md` ("What a failure leaves") has a row for each name.
    package enum Step: Sendable, Equatable {
        /// Take the job mutex and the ledger's claim.
        case claim
        /// HEAD the object.
        case head
        /// GET the first range.
        case fetch
        /// Count the object against the pipeline's quota, once.
        case charge(SeenObject)
        /// Detect the type, fetch the rest unless the rules reject the object, scan.
        case inspect
        /// Put the judgement on record.
        case record(Judgement)
        /// Read when the job was first received, for `{date}`.
        case firstReceipt
        /// Wait until no earlier upload of the key is on its way to the destination.
        case order
        case tag([MovePlan.Pair], SeenObject)
        /// Copy and verify.
        case copy(CopyStep)
        /// Delete exactly the version that was seen.
        case delete(SeenObject)
        /// Ask the ledger whether a later upload of the key was promoted.
        case precedence
        case findCopy(CopySearch)
        /// Delete what a tus server keeps beside the object.
        case removeSidecars
        /// Put the outcome on record.
        case finish(Outcome)
        /// End the attempt and leave the job open.
        ///
        /// - Parameter strands: the message goes to the dead-letter queue.
        case release(reason: String, strands: Bool)
        /// Put a job that was not worked on, and whose message goes to the dead-letter queue, on record as stranded.
        case strand(reason: String)
        /// Settle the message. No step follows.
        case settle(AttemptResult)

        package enum Name: String, Sendable, CaseIterable {
            case claim, head, fetch, charge, inspect, record, firstReceipt, order, tag, copy, delete, precedence,
                findCopy
            case removeSidecars, finish, release, strand, settle

            /// Whether a kill during the step leaves nothing behind that was not there before.
            package var isReadOnly: Bool {
                switch self {
                case .head, .fetch, .inspect, .firstReceipt, .order, .precedence, .findCopy: true
                case .claim, .charge, .record, .tag, .copy, .delete, .removeSidecars, .finish, .release, .strand,
                    .settle:
                    false
                }
            }
        }

        package var name: Name {
            switch self {
            case .claim: .claim
            case .head: .head
            case .fetch: .fetch
            case .charge: .charge
            case .inspect: .inspect
            case .record: .record
            case .firstReceipt: .firstReceipt
            case .order: .order
            case .tag: .tag
            case .copy: .copy
            case .delete: .delete
            case .precedence: .precedence
            case .findCopy: .findCopy
            case .removeSidecars: .removeSidecars
            case .finish: .finish
            case .release: .release
            case .strand: .strand
            case .settle: .settle
            }
        }

        /// Whether the step belongs to the move. An attempt is not stopped any more once its move has begun.
        package var isMove: Bool {
            switch self {
            case .order, .tag, .copy, .delete, .removeSidecars: true
            case .claim, .head, .fetch, .charge, .inspect, .record, .firstReceipt, .precedence, .findCopy, .finish,
                .release,
                .strand, .settle:
                false
            }
        }
    }

    /// The state of the object that was read: what the copy and the delete are pinned to.
    package struct SeenObject: Sendable, Equatable {
        package let source: ObjectVersion
        package let size: Int64

        package init(_ source: ObjectVersion, size: Int64) {
            self.source = source
            self.size = size
        }
    }

    package struct CopyStep: Sendable, Equatable {
        package let plan: MovePlan.Copy
        package let location: ObjectLocation
        package let object: SeenObject
        package let judgement: Judgement
        /// Whether an earlier attempt may have made the copy.
        package let mayBeThere: Bool
    }

    /// A look for the copy that this job made.
    package struct CopySearch: Sendable, Equatable {
        package enum Source: Sendable, Equatable {
            /// The source is still there.
            case present(SeenObject)
            /// The source is gone or replaced.
            ///
            /// - Parameters:
            ///   - seen: the source, if this attempt saw it.
            ///   - mayGuess: whether a copy without mark, ETag or SHA-256 may be taken for this job's by its length.
            case missing(seen: SeenObject?, mayGuess: Bool)
        }

        package let location: ObjectLocation
        package let source: Source
        package let judgement: Judgement
    }
}
