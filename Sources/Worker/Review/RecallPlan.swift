internal import Domain
internal import Ledger
internal import Pipelines

/// Returns where a promoted object that is known as bad goes: where its pipeline quarantines what is infected.
func recallCopy(_ record: JobRecord, _ context: ReviewContext) throws(ReleasePlan.Refusal) -> MovePlan.Copy {
    guard let pipeline = context.pipeline(of: record), let judgement = record.judgement else {
        throw ReleasePlan.Refusal("no pipeline file takes the object any more")
    }
    let finding = Finding(.signature, "recalled")
    let infected = Judgement(verdict: .infected, findings: [finding], evidence: judgement.evidence)
    let date = (record.job.event.time ?? record.firstReceivedAt).date
    guard let copy = MovePlan(pipeline, for: record.job, infected, date: date).copy else {
        throw ReleasePlan.Refusal("pipeline \(pipeline.name) does not quarantine infected objects")
    }
    return copy
}

extension ReviewRunner {
    func recallTarget(_ record: JobRecord) throws(ReleasePlan.Refusal) -> ObjectLocation {
        let copy = try recallCopy(record, context)
        do { return try copy.destination.get() } catch { throw ReleasePlan.Refusal("\(error)") }
    }
}
