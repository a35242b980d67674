internal import Digest
package import Domain

/// Where a check of the chain goes on.
package struct ChainPosition: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        /// The entry before, and its hash; nil if that is not known.
        case entries(after: Int64, hash: [UInt8]?)
        /// Rows that no entry is about, from this key on. The table is an index of `ChainTable.all`.
        case rows(table: Int, from: Int64)
        /// States of reviews, from this number of a job on.
        case states(from: Int64)
        /// Statements that no entry is about.
        case statements
    }

    let part: Part

    package static let beginning = ChainPosition(part: .entries(after: 0, hash: ChainEntry.origin))

    /// - Parameter head: is known to be right.
    package static func after(_ head: ChainHead) -> ChainPosition {
        ChainPosition(part: .entries(after: head.sequence, hash: bytes(ofHexadecimal: head.hash)))
    }
}

/// What a step of a check has found.
package struct ChainStep: Sendable, Equatable {
    package var findings: [ChainFinding] = []
    /// Entries that were checked.
    package var entries = 0
    /// Entries that prunings have removed.
    package var pruned: Int64 = 0
    /// Rows that were chained later than they were written, by `lazaret ledger seal`.
    package var sealed: Int64 = 0
    /// Whether the head that was given can't be compared, since a pruning has removed its entry.
    package var isHeadPruned = false
    /// Nil after the last step.
    package var next: ChainPosition?
}

/// Something in the ledger that is not as the chain says.
package struct ChainFinding: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// An entry's hash is not that of its fields and the entry before.
        case changedEntry = "changed-entry"
        case missingEntry = "missing-entry"
        /// An entry stands at another's place.
        case movedEntry = "moved-entry"
        /// A row is not as it was when it was written.
        case changedRow = "changed-row"
        /// A row is that of another entry.
        case movedRow = "moved-row"
        case missingRow = "missing-row"
        /// A row that no entry is about.
        case addedRow = "added-row"
        /// The state of a review is not what its last entry says.
        case changedState = "changed-state"
    }

    package let kind: Kind
    /// The place in the chain; nil for a row without an entry.
    package let sequence: Int64?
    package let table: String
    /// The row's job, if it has one.
    package let job: JobID?
    /// The row's number: an attempt of the job, or the number in its table.
    package let number: Int64?
    package let detail: String
}
