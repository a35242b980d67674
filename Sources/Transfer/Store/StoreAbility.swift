/// What Lazaret's promises need of a store beyond plain reads and writes. Amazon S3 has each; many stores that speak
/// its protocol accept such a request and ignore what it asks for.
package enum StoreAbility: String, Sendable, CaseIterable {
    case ranges
    case readConditions = "conditional reads"
    case copyConditions = "conditional copies"
    case deleteConditions = "conditional deletes"
    case versions
    case copyChecksums = "checksums of copies"
    case uploadChecksums = "checksums of uploads"
    case partCopies = "copies in parts"
    case tags

    /// What Lazaret cannot promise on a store without it.
    package var consequence: String {
        switch self {
        case .ranges:
            "each range is cut from the whole object, so a large object is read once more than its size"
        case .readConditions:
            "an upload that replaces another while it is read is noticed only by the ETag of the answers"
        case .copyConditions:
            "bytes that nobody inspected can stand at the destination until the copy is verified and deleted"
        case .deleteConditions:
            "an upload that arrives between the last look at a key and its delete is lost"
        case .versions:
            "an upload replaces the one before it, which is then never inspected, whatever version its event names"
        case .copyChecksums:
            "a copy is verified by size and ETag only"
        case .uploadChecksums:
            "the SHA-256 of an upload is only what its uploader claims, so known content is fetched and hashed"
        case .partCopies:
            "an object over 5 GiB can't be moved"
        case .tags:
            "no verdict can be told by tags, and the tags of uploads are lost"
        }
    }
}

/// What a store was seen to do.
package enum StoreAnswer: Sendable, Hashable {
    case kept
    case ignored
    /// It could not be asked, for this reason.
    case unknown(String)
}
