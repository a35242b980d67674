import Domain

/// The index that a list of jobs is read from, newest first, until enough jobs match.
///
/// SQLite's planner does not know how many jobs there are of each kind. Most are settled, clean and promoted, so the
/// most selective condition comes first here.
enum SQLiteSearchIndex: String {
    case time = "jobs_by_time"
    case bucket = "jobs_by_bucket"
    case key = "jobs_by_key"
    case outcome = "jobs_by_outcome"
    case pipeline = "jobs_by_pipeline"
    case verdict = "jobs_by_verdict"
    case disposition = "jobs_by_disposition"
    case stranded = "jobs_stranded"
    case reason = "jobs_with_reason"
    case sha256 = "jobs_by_sha256"
    case principal = "jobs_by_principal"
    case review = "jobs_by_review"
    case type = "jobs_by_type"

    /// - Parameter hasNarrowPrefix: whether few keys start with the query's prefix. Only then does sorting them pay
    ///   off.
    init(for query: JobQuery, hasNarrowPrefix: Bool) {
        if query.sha256 != nil {
            self = .sha256
        } else if query.strandedOnly {
            self = .stranded
        } else if hasNarrowPrefix {
            self = .key
        } else if !query.reviews.isEmpty {
            self = .review
        } else if query.uploader != nil {
            self = .principal
        } else if !query.verdicts.isEmpty, !query.verdicts.contains(.clean) {
            self = .verdict
        } else if query.openOnly || query.unclaimedSince != nil {
            self = .outcome
        } else if let outcome = query.outcome, outcome != .settled {
            self = .outcome
        } else if let disposition = query.disposition, disposition != .promoted {
            self = .disposition
        } else if let type = query.type, !type.hasSuffix("*") {
            self = .type
        } else if query.reason != nil || query.finding != nil {
            self = .reason
        } else if query.bucket != nil {
            self = .bucket
        } else if query.pipeline != nil {
            self = .pipeline
        } else if query.disposition != nil {
            self = .disposition
        } else if query.verdicts.count == 1 {
            self = .verdict
        } else if query.outcome != nil {
            self = .outcome
        } else {
            self = .time
        }
    }
}
