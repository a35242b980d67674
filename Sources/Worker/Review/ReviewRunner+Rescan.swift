internal import AWS
package import Domain
internal import Ledger
internal import Support
internal import Transfer

extension ReviewRunner {
    /// Inspects a quarantined object again, under today's rules and signatures. The object and its review stay as they
    /// are; a verdict that changed is added to the notes.
    package func rescan(
        _ job: JobID, _ request: ReviewRequest, _ inspection: ObjectInspection
    ) async -> ReviewOutcome {
        do {
            guard let record = try await context.ledger.job(job), let review = try await context.ledger.review(of: job)
            else { return .refused(ReviewRefusal.unknownJob.description) }
            guard let place = record.place(review) else { return .refused("the ledger does not say where it lies") }
            try await context.ledger.audit(request.entry("rescan", of: record, at: context.clocks.wall()))
            let judgement = try await judgement(of: record, at: place, inspection)
            if let judged = record.judgement?.evidence.sha256, let found = judgement.evidence.sha256, judged != found {
                return .refused(
                    "\(place.location) holds bytes with SHA-256 \(found), but the judged ones have \(judged)")
            }
            let (before, now) = (record.judgement.map(summary) ?? "no verdict", summary(judgement))
            guard before != now else { return .done("unchanged: \(now)") }
            let change = "changed: \(before) -> \(now) with \(judgement.evidence.signatures ?? "no signatures")"
            let note = ReviewRequest(actor: request.actor, reason: "rescan \(change)")
            _ = try await context.ledger.addNote(to: job, note.entry("note", of: record, at: context.clocks.wall()))
            return .done(change)
        } catch TransferError.gone {
            return .refused("nothing is where the ledger says that it lies")
        } catch { return .failed("\(error)") }
    }

    func judgement(
        of record: JobRecord, at place: Destination, _ inspection: ObjectInspection
    ) async throws -> Judgement {
        let source = ObjectVersion(
            bucket: place.location.bucket, key: place.location.key, versionID: place.versionID, etag: nil)
        let pipeline = context.pipeline(of: record)
        let fetch = context.using(pipeline).fetch
        let fetched = try await fetch.first(of: source, size: nil)
        if let pipeline, let bySize = inspection.judgement(ofSize: fetched.bytes.size, pipeline: pipeline) {
            return bySize
        }
        let original = OriginalProperties(fetched.head, of: record).properties
        return try await inspection.judge(
            fetched.bytes, declared: original.contentType,
            encoding: ContentEncoding(field: original.contentEncoding), pipeline: pipeline
        ) {
            try await fetch.rest(of: fetched)
        }
    }

    /// `infected (Eicar)`
    func summary(_ judgement: Judgement) -> String {
        let names = Set(judgement.findings.filter { $0.kind != .note }.map(\.name)).sorted()
        return judgement.verdict.rawValue + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
    }
}
