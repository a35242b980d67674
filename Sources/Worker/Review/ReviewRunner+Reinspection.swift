internal import AWS
package import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

/// Further inspections of objects where they lie, under today's rules and signatures. A verdict that changed is added
/// to the notes, and the ledger has which signatures were used.
extension ReviewRunner {
    /// Inspects a quarantined object again. The object and its review stay as they are.
    package func rescan(
        _ job: JobID, _ request: ReviewRequest, _ inspection: ObjectInspection
    ) async -> ReviewOutcome {
        await inspectAgain(job, inspection, otherwise: { .refused($0) }) { record, review in
            guard let place = record.place(review) else { return .refused("the ledger does not say where it lies") }
            try await context.ledger.audit(request.entry("rescan", of: record, at: context.clocks.wall()))
            let found = try await judgement(of: record, at: place, inspection)
            if let judged = record.judgement?.evidence.sha256, let sha256 = found.evidence.sha256, judged != sha256 {
                return .refused(
                    "\(place.location) holds bytes with SHA-256 \(sha256), but the judged ones have \(judged)")
            }
            guard let change = try await note(found, "rescan", of: record, review, request) else {
                return .done("unchanged: \(summary(found))")
            }
            return .done("changed: \(change)")
        }
    }

    /// Inspects a promoted object again. If it is infected, it is recalled into quarantine, or reported only, as its
    /// pipeline says.
    ///
    /// An upload that has replaced it there is not touched: it has a job of its own.
    package func recheck(
        _ job: JobID, _ request: ReviewRequest, _ inspection: ObjectInspection
    ) async -> ReviewOutcome {
        await inspectAgain(job, inspection, otherwise: { .done($0) }) { record, review in
            guard record.disposition == .promoted, let before = record.judgement else {
                return .leftAlone("its object is not promoted any more")
            }
            // Recalled already, or a process that was killed has begun to: the same command goes on with it.
            if review.work?.kind == .recall {
                let outcome = await recall(job, request)
                if case .done(let text) = outcome { return .leftAlone(text) }
                return outcome
            }
            guard review.state == nil, let place = record.place(review) else {
                return .leftAlone("left to its review: it is \(review.state?.rawValue ?? "nowhere")")
            }
            let judged = try await judgement(of: record, at: place, inspection)
            guard judged.evidence.sha256 == nil || judged.evidence.sha256 == before.evidence.sha256 else {
                return .done("\(place.location) holds another object now, which has a job of its own")
            }
            let found = try await excused(judged, record)
            guard let change = try await note(found, "recheck", of: record, review, request) else {
                return .done("unchanged: \(summary(found))")
            }
            guard found.verdict == .infected, context.pipeline(of: record)?.recheck == .quarantine else {
                return .done("changed: \(change)")
            }
            let reason = "\(request.reason); recheck: \(change)"
            switch await recall(job, ReviewRequest(actor: request.actor, reason: reason)) {
            case .done(let text): return .done("changed: \(change); \(text)")
            case .refused(let text): return .refused("changed: \(change); \(text)")
            case .failed(let text): return .failed("changed: \(change); \(text)")
            case .leftAlone(let text): return .leftAlone("changed: \(change); \(text)")
            }
        }
    }

    /// Reads the job and its review, and records that its object was inspected if `body` is done with it.
    ///
    /// - Parameter otherwise: the outcome if there is no object.
    private func inspectAgain(
        _ job: JobID, _ inspection: ObjectInspection, otherwise: (String) -> ReviewOutcome,
        _ body: (JobRecord, Review) async throws -> ReviewOutcome
    ) async -> ReviewOutcome {
        // Read first: newer ones may be loaded meanwhile.
        let signatures = inspection.servingSignatures ?? []
        do {
            guard let record = try await context.ledger.job(job), let review = try await context.ledger.review(of: job)
            else { return .refused(ReviewRefusal.unknownJob.description) }
            let outcome: ReviewOutcome
            do {
                outcome = try await body(record, review)
            } catch TransferError.gone {
                outcome = otherwise("nothing is where the ledger says that it lies")
            }
            if case .done = outcome, !signatures.isEmpty {
                try await context.ledger.noteInspection(of: job, with: signatures, at: context.clocks.wall())
            }
            return outcome
        } catch { return .failed("\(error)") }
    }

    /// Adds a changed verdict to the notes, unless the last note says the same.
    ///
    /// - Returns: the change; nil if there is none.
    private func note(
        _ found: Judgement, _ action: String, of record: JobRecord, _ review: Review, _ request: ReviewRequest
    ) async throws -> String? {
        let (before, now) = (record.judgement.map(summary) ?? "no verdict", summary(found))
        guard before != now else { return nil }
        let change = "\(before) -> \(now) with \(found.evidence.signatures ?? "no signatures")"
        let note = ReviewRequest(actor: request.actor, reason: "\(action) changed: \(change)")
        if note.reason != review.notes.last?.reason {
            let entry = note.entry("note", of: record, at: context.clocks.wall())
            _ = try await context.ledger.addNote(to: record.job.id, entry)
        }
        return change
    }

    private func judgement(
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

    private func excused(_ judgement: Judgement, _ record: JobRecord) async throws -> Judgement {
        guard judgement.verdict != .clean, let sha256 = judgement.evidence.sha256, let pipeline = record.pipeline else {
            return judgement
        }
        let query = FalsePositiveQuery(sha256: sha256, pipeline: pipeline, activeAt: context.clocks.wall())
        let limits = context.pipeline(of: record)?.limits ?? ScanLimits()
        return judgement.excusing(
            try await context.ledger.falsePositives(query),
            size: record.job.event.size ?? judgement.evidence.bytesRead, limits: limits)
    }

    /// `infected (Eicar)`
    private func summary(_ judgement: Judgement) -> String {
        let names = Set(judgement.findings.filter { $0.kind != .note }.map(\.name)).sorted()
        return judgement.verdict.rawValue + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
    }
}
