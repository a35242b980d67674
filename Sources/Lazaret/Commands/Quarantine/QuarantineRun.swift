internal import AWS
internal import Domain
internal import Glibc
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// One run of a command that acts on objects: shows the plan, asks, and does it, a few objects at a time. It can be
/// stopped after any object and run again.
struct QuarantineRun: Sendable {
    private static let concurrency = 8

    let arguments: Arguments
    /// `release`
    let verb: String
    /// How a run that was stopped goes on after the last object that was done.
    var resume: @Sendable (JobRecord?) -> String = { _ in "run it again for the rest" }

    /// Shows what would be done, and asks unless `--yes` is given.
    ///
    /// - Returns: false for a dry run, or if the answer is no.
    func confirm(_ plan: [String]) throws -> Bool {
        if arguments.isSet("dry-run") {
            for line in plan { output(printable(line)) }
            printNotice("\(plan.count) would be changed")
            return false
        }
        for line in plan { printNotice(printable(line)) }
        if plan.isEmpty {
            printNotice("no objects match")
            return false
        }
        if arguments.isSet("yes") { return true }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw CommandFailure(.usage, "\(verb) asks on a terminal; elsewhere it needs --yes")
        }
        writeToStandardError(Array("\(verb) \(plan.count) object\(plan.count == 1 ? "" : "s")? [y/N] ".utf8))
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// - Parameter act: changes one object. Objects are begun in the order of the records.
    func run(_ records: [JobRecord], _ act: @escaping @Sendable (JobRecord) async -> ReviewOutcome) async throws {
        let isStopped = Locked(false)
        let signals = StopSignals { _ in isStopped.withLock { $0 = true } }
        defer { signals.cancel() }
        let tally = Locked(Tally())
        let total = records.count
        let status =
            StatusLine.isSupported(environment: arguments.environment) && total > 1
            ? StatusLine.draw { "\(tally.withLock { $0.total }) of \(total)" } : nil
        await withTaskGroup(of: (JobRecord, ReviewOutcome).self) { group in
            var rest = records[...]
            func next() -> JobRecord? { isStopped.withLock { $0 } ? nil : rest.popFirst() }
            for _ in 0..<Self.concurrency {
                guard let record = next() else { break }
                group.addTask { (record, await act(record)) }
            }
            while let (record, outcome) = await group.next() {
                tally.withLock { $0.count(outcome) }
                if status != nil { StatusLine.erase() }
                report(record, outcome)
                if let record = next() { group.addTask { (record, await act(record)) } }
            }
        }
        status?.cancel()
        await status?.value
        try end(tally.withLock { $0 }, of: records, wasStopped: isStopped.withLock { $0 })
    }

    private func report(_ record: JobRecord, _ outcome: ReviewOutcome) {
        let (word, text) = outcome.words
        if arguments.isSet("json") {
            outputJSON { json in
                json.field("job", record.job.id.text)
                json.field("bucket", record.job.object.bucket)
                json.field("key", record.job.object.key.text)
                json.field("action", verb)
                json.field("result", word)
                json.field("detail", text)
            }
        } else {
            output(printable("\(record.job.id)  \(record.location)  \(word == "done" ? "" : word + ": ")\(text)"))
        }
    }

    private func end(_ tally: Tally, of records: [JobRecord], wasStopped: Bool) throws {
        printNotice("\(tally.done) done, \(tally.refused) refused, \(tally.failed) failed")
        if wasStopped, tally.total < records.count {
            let rest = resume(tally.total > 0 ? records[tally.total - 1] : nil)
            throw CommandFailure(.interrupted, "stopped after \(tally.total) of \(records.count); \(rest)")
        }
        if tally.failed > 0 { throw CommandFailure(.unavailable, "\(tally.failed) failed; run it again") }
        if tally.refused > 0 { throw CommandFailure(.badData, "\(tally.refused) refused") }
    }

    private struct Tally {
        var done = 0
        var refused = 0
        var failed = 0

        var total: Int { done + refused + failed }

        mutating func count(_ outcome: ReviewOutcome) {
            switch outcome {
            case .done, .leftAlone: done += 1
            case .refused: refused += 1
            case .failed: failed += 1
            }
        }
    }
}

extension ReviewOutcome {
    var words: (String, String) {
        switch self {
        case .done(let text), .leftAlone(let text): ("done", text)
        case .refused(let text): ("refused", text)
        case .failed(let text): ("failed", text)
        }
    }
}

extension JobRecord {
    /// Where the object was uploaded.
    var location: ObjectLocation { job.object.location }
}

extension Arguments {
    /// The actor, who must be named, and the reason of a change.
    func reviewRequest(remembering: Duration? = nil, replaces: Bool = false) throws -> ReviewRequest {
        ReviewRequest(
            actor: text("actor") ?? actorName(), reason: try QuarantineFilters.text("reason", self),
            remembering: remembering, replaces: replaces)
    }

    /// What the works of reviews need.
    func reviewContext(_ pipelines: PipelineSet, _ ledger: any Ledger) async throws -> ReviewContext {
        try await Cloud(self, queueURL: "").serving(pipelines).reviewContext(
            worker: "review@\(workerName())", pipelines, ledger, spool: try spoolFolder())
    }
}

extension Cloud {
    /// What the works of reviews need: they fetch objects whole.
    ///
    /// - Parameter spool: the folder for what is fetched.
    func reviewContext(
        worker: String, _ pipelines: PipelineSet, _ ledger: any Ledger, spool: String
    ) -> ReviewContext {
        let access = { (s3: S3Client) in
            StoreAccess(
                fetch: RangedFetch(store: s3, directory: spool),
                mover: ObjectMover(store: s3, log: Log(threshold: .warning)))
        }
        let own = access(s3)
        return ReviewContext(
            worker: worker, pipelines: pipelines, ledger: ledger, fetch: own.fetch, mover: own.mover,
            others: mapOthers(access))
    }
}
