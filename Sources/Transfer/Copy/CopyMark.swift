internal import AWS
internal import Domain

/// Metadata of a copy that names its job and source.
///
/// The mark costs no request: it is set if a copy's metadata is replaced anyway, and on every copy that would not have
/// its source's ETag. S3 writes it with the object, at once or not at all, so a copy with the mark is complete.
struct CopyMark: Sendable, Hashable {
    static let name = "lazaret-source"

    /// The job, which implies bucket, key and version; a `/`; and the source's ETag.
    let text: String
    private let hasETag: Bool

    init(_ job: JobID, _ source: ObjectVersion) {
        text = percentEncoded("\(job.text)/\(source.etag ?? "")")
        hasETag = source.etag != nil
    }

    /// Whether a copy's mark is this one. If the event had no ETag, the job alone is compared.
    func matches(_ found: String) -> Bool { hasETag ? found == text : found.hasPrefix(text) }
}
