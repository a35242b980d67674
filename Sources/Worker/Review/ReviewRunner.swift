internal import AWS
package import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer

/// Does what people decide about quarantined objects.
///
/// A work is on record, with its audit entry, before the object is touched: begin, copy, verify, delete, finish. A kill
/// between any two steps leaves a work that the same command or `lazaret reconcile` goes on with. Of two reviewers one
/// gets the object.
package struct ReviewRunner: Sendable {
    let context: ReviewContext

    package init(_ context: ReviewContext) { self.context = context }

    /// Moves a quarantined object to where a clean one goes, with its own properties.
    package func release(_ job: JobID, _ request: ReviewRequest) async -> ReviewOutcome {
        await run(.release, job, request) { record, review throws(ReleasePlan.Refusal) in
            let plan = try ReleasePlan(record, review, context.pipeline(of: record))
            return (plan.target, plan.needsApproval)
        }
    }

    /// - Parameter isPurge: whether it is deleted for its age.
    package func delete(_ job: JobID, _ request: ReviewRequest, isPurge: Bool = false) async -> ReviewOutcome {
        await run(isPurge ? .expire : .delete, job, request) { _, _ in (nil, false) }
    }

    /// Moves a promoted or released object into quarantine.
    package func recall(_ job: JobID, _ request: ReviewRequest) async -> ReviewOutcome {
        await run(.recall, job, request) { record, _ throws(ReleasePlan.Refusal) in
            (try recallTarget(record), false)
        }
    }

    /// Goes on with a work whose process ended.
    package func resume(_ job: JobID, actor: String) async -> ReviewOutcome {
        do {
            guard let work = try await context.ledger.review(of: job)?.work else { return .done("finished meanwhile") }
            let request = ReviewRequest(actor: actor, reason: "interrupted: it is finished", replaces: true)
            return await run(work.kind, job, request) { _, _ in (work.target, false) }
        } catch { return .failed("\(error)") }
    }

    private typealias Targets = (ObjectLocation?, needsApproval: Bool)

    private func run(
        _ kind: ReviewWork.Kind, _ job: JobID, _ request: ReviewRequest,
        _ target: (JobRecord, Review) throws(ReleasePlan.Refusal) -> Targets
    ) async -> ReviewOutcome {
        do {
            guard let record = try await context.ledger.job(job), let review = try await context.ledger.review(of: job)
            else { return .refused(ReviewRefusal.unknownJob.description) }
            let (location, needsApproval) = try target(record, review)
            let now = context.clocks.wall()
            let until = now.advanced(by: ReviewContext.claimLife)
            let change = ReviewChange.begin(
                kind, target: location, needsApproval: needsApproval, worker: context.worker, until: until,
                rememberedUntil: kind == .release ? request.remembering.map { now.advanced(by: $0) } : nil)
            let entry = request.entry(kind.rawValue, of: record, at: now)
            switch try await context.ledger.changeReview(of: job, change, entry) {
            case .changed: return .failed("the ledger did not begin it")
            case .refused(.isBusy(let work)): return .failed(ReviewRefusal.isBusy(work).description)
            case .refused(let refusal): return .refused(refusal.description)
            case .begun(let token, let begun, let isResumed):
                let claim = ReviewClaim(token, of: record, request, until: until, context)
                let work = ReviewMove(
                    work: begun, record: record, review: review, isResumed: isResumed, request: request, claim: claim,
                    context: context.using(pipelineOf: record))
                return await finish(work, claim, request)
            }
        } catch let refusal as ReleasePlan.Refusal {
            return .refused(refusal.description)
        } catch { return .failed("\(error)") }
    }

    /// Not cancelled: a command that is stopped finishes what it has begun.
    private func finish(_ work: ReviewMove, _ claim: ReviewClaim, _ request: ReviewRequest) async -> ReviewOutcome {
        let keeper = Task { await claim.keep() }
        defer { keeper.cancel() }
        do {
            return .done(try await Task { try await work() }.value)
        } catch let refusal as ReviewMove.Refusal {
            // What an earlier process may have done a part of stays begun.
            guard !refusal.leavesWork else {
                await claim.handBack()
                return .refused(refusal.description)
            }
            try? await claim.end(.abandon(claim.token), "\(work.kind.rawValue)-refused")
            return .refused(refusal.description)
        } catch {
            await claim.handBack()
            return .failed("\(error)")
        }
    }
}
