internal import AWS
package import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

extension ReviewRunner {
    /// Inspects a promoted object again where it lies, under today's rules and signatures. If it is infected, it is
    /// recalled into quarantine, or reported only, as its pipeline says. A verdict that changed is added to the notes.
    ///
    /// An upload that has replaced it there is not touched: it has a job of its own.
    package func recheck(
        _ job: JobID, _ request: ReviewRequest, _ inspection: ObjectInspection
    ) async -> ReviewOutcome {
        do {
            guard let record = try await context.ledger.job(job), let review = try await context.ledger.review(of: job)
            else { return .refused(ReviewRefusal.unknownJob.description) }
            guard record.disposition == .promoted, let before = record.judgement else {
                return .done("its object is not promoted any more")
            }
            // Recalled already, or a process that was killed has begun to: the same command goes on with it.
            if review.work?.kind == .recall { return await recall(job, request) }
            guard review.state == nil, let place = record.place(review) else {
                return .done("left to its review: it is \(review.state?.rawValue ?? "nowhere")")
            }
            let found = try await judgement(of: record, at: place, inspection)
            guard found.evidence.sha256 == nil || found.evidence.sha256 == before.evidence.sha256 else {
                return .done("\(place.location) holds another object now, which has a job of its own")
            }
            let last = review.notes.last?.reason
            return try await act(
                on: try await excused(found, record), insteadOf: before, notedAs: last, record, request)
        } catch TransferError.gone {
            return .done("nothing is where it was promoted to any more")
        } catch { return .failed("\(error)") }
    }

    /// - Parameter last: the last note, which is not repeated at each recheck.
    private func act(
        on found: Judgement, insteadOf earlier: Judgement, notedAs last: String?, _ record: JobRecord,
        _ request: ReviewRequest
    ) async throws -> ReviewOutcome {
        let (before, now) = (summary(earlier), summary(found))
        guard before != now else { return .done("unchanged: \(now)") }
        let change = "\(before) -> \(now) with \(found.evidence.signatures ?? "no signatures")"
        let isRecalled = found.verdict == .infected && context.pipeline(of: record)?.recheck == .quarantine
        let note = ReviewRequest(actor: request.actor, reason: "recheck changed: \(change)")
        if note.reason != last {
            let entry = note.entry("note", of: record, at: context.clocks.wall())
            _ = try await context.ledger.addNote(to: record.job.id, entry)
        }
        guard isRecalled else { return .done("changed: \(change)") }
        let reason = "\(request.reason); recheck: \(change)"
        switch await recall(record.job.id, ReviewRequest(actor: request.actor, reason: reason)) {
        case .done(let text): return .done("changed: \(change); \(text)")
        case .refused(let text): return .refused("changed: \(change); \(text)")
        case .failed(let text): return .failed("changed: \(change); \(text)")
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
}
