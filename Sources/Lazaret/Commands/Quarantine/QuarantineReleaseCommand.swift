internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret quarantine release`: moves objects to where clean ones go.
enum QuarantineReleaseCommand {
    static let command = Command(
        words: ["quarantine", "release"],
        abstract:
            "Moves quarantined objects to where clean ones go, and remembers their bytes as false positives of their findings.",
        operands: "[JOB...]",
        flags: [.pipelines, .spool] + QuarantineFilters.acting + [
            Flag(
                "remember", "AGE", "for how long the bytes are not quarantined again for these findings",
                fallback: "90d"),
            Flag("forget", "don't remember the bytes"),
            Flag("replace", "put it in the place of an earlier upload that is at the destination"),
        ]
    ) { arguments in
        let life = arguments.isSet("forget") ? nil : try arguments.age("remember")
        let request = try arguments.reviewRequest(remembering: life, replaces: arguments.isSet("replace"))
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let records = try await QuarantineFilters.jobs(arguments, states: [.pending], ledger)
        let run = QuarantineRun(arguments: arguments, verb: "release")
        var plan: [String] = []
        for record in records {
            let review = try await readLedger { () async throws(LedgerError) in
                try await ledger.review(of: record.job.id)
            }
            plan.append(line(record, review ?? Review(state: record.review), pipelines, remembering: life))
        }
        if try run.confirm(plan) {
            let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
            try await run.run(records) { await runner.release($0.job.id, request) }
        }
        await ledger.close()
    }

    /// `01…ef  s3://in/a -> s3://out/a (infected: Eicar), remembered for 90 days`
    private static func line(
        _ record: JobRecord, _ review: Review, _ pipelines: PipelineSet, remembering life: Duration?
    ) -> String {
        let pipeline =
            record.pipeline.flatMap { pipelines[$0] }
            ?? pipelines.pipeline(for: record.job.object.bucket, key: record.job.object.key)
        let start = "\(record.job.id)  \(record.location)"
        let names = record.decidingFindings.map(\.name).joined(separator: ", ")
        let verdict = "(\(record.judgement?.verdict.rawValue ?? "no verdict"): \(names))"
        do throws(ReleasePlan.Refusal) {
            let plan = try ReleasePlan(record, review, pipeline)
            let memory =
                record.judgement?.evidence.sha256 == nil
                ? ", can't be remembered: its bytes were not hashed"
                : life.map { ", remembered for \(SignatureAges.text($0))" } ?? ""
            return "\(start) -> \(plan.target) \(verdict)\(memory)\(plan.needsApproval ? ", needs approval" : "")"
        } catch { return "\(start) \(verdict): can't be released: \(error)" }
    }
}
