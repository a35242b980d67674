package import Domain

/// What a judgement was made under, and where it moves the object.
package struct JudgementBasis: Sendable, Equatable {
    /// The fingerprint of the pipeline's rules. The signature set is in the evidence.
    package let rules: String?
    /// Where the object will be copied to; nil if it is not copied. Known before the copy.
    package let destination: ObjectLocation?
    /// Since when the object may carry the tags of the judgement in its own place; nil if it is not tagged there.
    package let taggingSince: Timestamp?
    package let facts: ObjectFacts
    /// Identifies what else the judgement depends on than the bytes, if it may stand for a scan of the same bytes, or
    /// keeps others from it (`KnownContentQuery.infected`); nil if neither. It is searched by, and not read from a
    /// ledger.
    package let reuseKey: String?

    package init(
        rules: String? = nil, destination: ObjectLocation? = nil, taggingSince: Timestamp? = nil,
        facts: ObjectFacts = ObjectFacts(), reuseKey: String? = nil
    ) {
        self.rules = rules
        self.destination = destination
        self.taggingSince = taggingSince
        self.facts = facts
        self.reuseKey = reuseKey
    }
}
