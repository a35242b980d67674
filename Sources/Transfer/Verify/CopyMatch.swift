internal import AWS
internal import Domain

/// How an object at a destination relates to the copy that is expected there.
enum CopyMatch {
    /// The job copied it from this source.
    case marked
    /// The job copied it, but it holds other bytes than were inspected.
    case markedMismatch
    /// It has the SHA-256 of the inspected bytes, or the source's ETag, which is the MD5 of the bytes.
    case sameBytes
    /// It has the source's ETag and no mark, but holds other bytes than were inspected.
    case mismatch
    /// None of these; it has no mark of another job, and its SHA-256 is unknown.
    case otherETag
    /// The copy of another job, or known to hold other bytes.
    case other

    init(_ found: ObjectHead, _ expected: ExpectedCopy) {
        let mark = found.metadata.first { $0.name == CopyMark.name }?.value
        let isMarked = mark.map { expected.mark.matches($0) } ?? false
        let hasSameETag = isPlainMD5(expected.source.etag) && found.etag == expected.source.etag
        switch expected.sha256.flatMap({ inspected in found.sha256.map { $0 == inspected } }) {
        case true?: self = isMarked ? .marked : mark == nil || hasSameETag ? .sameBytes : .other
        case false?: self = isMarked ? .markedMismatch : mark == nil && hasSameETag ? .mismatch : .other
        case nil: self = isMarked ? .marked : hasSameETag ? .sameBytes : mark == nil ? .otherETag : .other
        }
    }
}

/// Whether an ETag has the form of an MD5 of the object's bytes. The ETag of a multipart upload ends with `-` and the
/// number of parts.
func isPlainMD5(_ etag: String?) -> Bool {
    guard let etag else { return false }
    return etag.utf8.count == 32 && !etag.utf8.contains(UInt8(ascii: "-"))
}
