internal import AWS
internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret quarantine hold`, `unhold` and `approve`: changes of a review that leave the object where it is.
enum QuarantineStateCommand {
    static let hold = command(
        "hold", "Keeps quarantined objects: they are neither purged, released nor deleted.", .hold, from: .pending,
        legalHold: true)
    static let unhold = command(
        "unhold", "Ends the hold on quarantined objects.", .unhold, from: .held, legalHold: false)
    static let approve = command(
        "approve", "Approves the release of quarantined objects by another person (four-eyes).", .approve,
        from: .pending, legalHold: nil)

    private static let offline = Flag(
        "offline", "change the ledger alone; otherwise a bucket with Object Lock gets, or loses, a legal hold as well")

    /// - Parameter isOn: whether the object gets or loses a legal hold; nil if neither.
    private static func command(
        _ verb: String, _ abstract: String, _ change: ReviewChange, from state: ReviewState, legalHold isOn: Bool?
    ) -> Command {
        Command(
            words: ["quarantine", verb], abstract: abstract, operands: "[JOB...]",
            flags: QuarantineFilters.acting + (isOn == nil ? [] : [.pipelines, offline])
        ) { arguments in
            let request = try arguments.reviewRequest()
            var legalHold: LegalHold?
            if let isOn, !arguments.isSet("offline"), !arguments.isSet("dry-run") {
                let pipelines = try arguments.pipelines()
                let cloud = try await Cloud(arguments, queueURL: "").serving(pipelines)
                legalHold = LegalHold(cloud: cloud, pipelines: pipelines, isOn: isOn)
            }
            let ledger = try await openExistingLedger(arguments)
            let records = try await QuarantineFilters.jobs(arguments, states: [state], ledger)
            let run = QuarantineRun(arguments: arguments, verb: verb)
            let isNamed = !arguments.operands.isEmpty && !arguments.isSet("dry-run")
            if try isNamed || run.confirm(records.map { "\($0.job.id)  \($0.location)" }) {
                try await run.run(records) { [legalHold] record in
                    do throws(LedgerError) {
                        let entry = request.entry(verb, of: record, at: .now())
                        let result = try await ledger.changeReview(of: record.job.id, change, entry)
                        return await outcome(
                            of: result, verb, record, try await ledger.review(of: record.job.id), legalHold)
                    } catch { return .failed("\(error)") }
                }
            }
            await ledger.close()
        }
    }

    private static func outcome(
        of result: ReviewResult, _ verb: String, _ record: JobRecord, _ review: Review?, _ legalHold: LegalHold?
    ) async -> ReviewOutcome {
        if case .refused(let refusal) = result {
            // The ledger was changed by an earlier call, which may have failed before it reached the bucket.
            guard let legalHold, review?.state == legalHold.state else { return .refused(refusal.description) }
        }
        guard let legalHold, let place = review.flatMap({ record.place($0) }) else { return .done(verb) }
        do {
            let isSet = try await legalHold.set(on: place, of: record)
            return .done(
                isSet ? "\(verb), and legal hold \(legalHold.isOn ? "set" : "ended") at \(place.location)" : verb)
        } catch {
            return .failed("\(verb) is on record, but not the legal hold at \(place.location): \(error)")
        }
    }
}

/// The Object Lock legal hold that goes with a review's hold.
private struct LegalHold: Sendable {
    let cloud: Cloud
    let pipelines: PipelineSet
    let isOn: Bool

    /// The review's state that it belongs to.
    var state: ReviewState { isOn ? .held : .pending }

    /// - Returns: false if the bucket has no Object Lock.
    func set(on place: Destination, of record: JobRecord) async throws(AWSError) -> Bool {
        // Object Lock needs versions.
        guard place.versionID != nil else { return false }
        let object = ObjectVersion(
            bucket: place.location.bucket, key: place.location.key, versionID: place.versionID, etag: nil)
        return try await cloud.s3(of: pipelines.pipeline(of: record)).setLegalHold(isOn, of: object)
    }
}

/// `lazaret quarantine note`: adds to an object's thread of notes.
enum QuarantineNoteCommand {
    static let command = Command(
        words: ["quarantine", "note"], abstract: "Adds a note to an object's thread, which `show` prints.",
        operands: "JOB...", flags: [.ledger, .actor, Flag("text", "TEXT", "the note")]
    ) { arguments in
        let text = try QuarantineFilters.text("text", arguments)
        let ids = try arguments.jobIDs()
        guard !ids.isEmpty else { throw CommandFailure(.usage, "`lazaret quarantine note` needs a job ID") }
        let actor = arguments.text("actor") ?? actorName()
        let ledger = try await openExistingLedger(arguments)
        var missing: [String] = []
        for id in ids {
            let isAdded = try await readLedger { () async throws(LedgerError) in
                guard let record = try await ledger.job(id) else { return false }
                let request = ReviewRequest(actor: actor, reason: text)
                return try await ledger.addNote(to: id, request.entry("note", of: record, at: .now()))
            }
            if !isAdded { missing.append("the ledger has no job \(id)") }
        }
        await ledger.close()
        if !missing.isEmpty { throw CommandFailure(.badData, lines: missing) }
    }
}
