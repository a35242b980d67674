package import Domain

/// What a judgement was made under, and where it moves the object.
package struct JudgementBasis: Sendable, Equatable {
    /// The fingerprint of the pipeline's rules. The signature set is in the evidence.
    package let rules: String?
    /// Where the object will be copied to; nil if it is not copied. Known before the copy.
    package let destination: ObjectLocation?

    package init(rules: String? = nil, destination: ObjectLocation? = nil) {
        self.rules = rules
        self.destination = destination
    }
}
