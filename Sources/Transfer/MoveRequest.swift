package import AWS
package import Domain

/// A move of one object version to its destination. The caller copies, then deletes the source, and may stop in
/// between.
package struct MoveRequest: Sendable {
    package let expected: ExpectedCopy
    /// The answer of a GET or HEAD of exactly this version.
    package let head: ObjectHead
    package let manner: Manner
    /// Whether an earlier attempt may have made the copy: then it is looked for first.
    package let mayBeThere: Bool
    /// Whether a promoted copy has the source's storage class and encryption; otherwise it has the destination's.
    package let keepsStorage: Bool

    /// How a copy relates to its source.
    package enum Manner: Sendable {
        /// Unchanged: metadata, content type, cache control and tags are kept; `tags` are added.
        case promoted(tags: [Tag])
        /// Nothing that the uploader chose has effect; the original properties and `facts` are kept in metadata.
        case inert(facts: [(name: String, value: String)], tags: [Tag])
        /// With the properties and tags that the object had before it was quarantined; `tags` are added.
        case restored(OriginalProperties, tags: [Tag])
    }

    package init(
        _ expected: ExpectedCopy, head: ObjectHead, manner: Manner, mayBeThere: Bool = false,
        keepsStorage: Bool = true
    ) {
        self.expected = expected
        self.head = head
        self.manner = manner
        self.mayBeThere = mayBeThere
        self.keepsStorage = keepsStorage
    }

    var source: ObjectVersion { expected.source }
    var size: Int64 { expected.size }
    var destination: ObjectLocation { expected.destination }
}

/// The copy that a job makes, or has made, and the facts by which it is recognised.
package struct ExpectedCopy: Sendable {
    package let job: JobID
    /// Pinned by its version, else by its ETag.
    package let source: ObjectVersion
    /// Bytes of the source.
    package let size: Int64
    /// The SHA-256 of the inspected bytes, in lowercase hexadecimal; nil if not all bytes were read.
    package let sha256: String?
    /// The time of the source's event, if known.
    package let writtenAt: Timestamp?
    package let destination: ObjectLocation

    package init(
        of source: ObjectVersion, size: Int64, sha256: String?, writtenAt: Timestamp?, job: JobID,
        at destination: ObjectLocation
    ) {
        self.job = job
        self.source = source
        self.size = size
        self.sha256 = sha256
        self.writtenAt = writtenAt
        self.destination = destination
    }

    var mark: CopyMark { CopyMark(job, source) }
}
