package import Domain
internal import Ledger
internal import Support
package import Transfer

extension ReviewRunner {
    /// A quarantined object's bytes, verified against the judgement.
    package struct Fetched: Sendable {
        package let bytes: SpooledBytes
        /// In lowercase hexadecimal.
        package let sha256: String
    }

    package struct FetchFailure: Error {
        package let text: String
        /// Whether another try will not help.
        package let isFinal: Bool
    }

    /// Fetches an object for a person, with an audit entry before.
    package func fetch(_ job: JobID, _ request: ReviewRequest) async -> Result<Fetched, FetchFailure> {
        func refuse(_ text: String) -> Result<Fetched, FetchFailure> {
            .failure(FetchFailure(text: text, isFinal: true))
        }
        do {
            guard let record = try await context.ledger.job(job), let review = try await context.ledger.review(of: job)
            else { return refuse(ReviewRefusal.unknownJob.description) }
            guard let place = record.place(review) else { return refuse("the ledger does not say where it lies") }
            try await context.ledger.audit(request.entry("fetch", of: record, at: context.clocks.wall()))
            let source = ObjectVersion(
                bucket: place.location.bucket, key: place.location.key, versionID: place.versionID, etag: nil)
            let fetch = context.using(pipelineOf: record).fetch
            let fetched = try await fetch.first(of: source, size: nil)
            try await fetch.rest(of: fetched)
            let sha256 = try await fetched.bytes.sha256()
            if let judged = record.judgement?.evidence.sha256, judged != sha256 {
                return refuse(
                    "\(place.location) holds bytes with SHA-256 \(sha256), but the judged ones have \(judged)")
            }
            return .success(Fetched(bytes: fetched.bytes, sha256: sha256))
        } catch { return .failure(FetchFailure(text: "\(error)", isFinal: false)) }
    }
}
