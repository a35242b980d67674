internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Support
internal import Transfer
internal import Worker

/// `lazaret reconcile`: finishes interrupted jobs that no worker owns, and reports those that need a person.
enum ReconcileCommand {
    static let command = Command(
        words: ["reconcile"],
        abstract:
            "Finishes interrupted jobs that no worker owns; exits with 65 if some of them need a person.",
        operands: nil,
        flags: [
            .pipelines, .spool, .ledger,
            Flag(
                "queue", "URL",
                "send the events of unjudged and unmoved jobs to this queue again (default: report those jobs)"),
            Flag(
                "older-than", "AGE", "only open jobs that no worker has claimed for this long: 90s, 15m, 2h",
                fallback: "15m"),
            JobFilters.since,
            Flag(
                "settled", "also check whether the sources of settled jobs are still there (one request per job)"
            ),
            .actor,
            Flag("dry-run", "print what would be done, and change nothing"), .json,
        ], run: run)

    private static func run(_ arguments: Arguments) async throws {
        var options = Reconciler.Options(actor: arguments.text("actor") ?? actorName())
        options.since = try arguments.time("since", now: .now())
        options.olderThan = try arguments.age("older-than")
        options.includesSettled = arguments.isSet("settled")
        options.isDryRun = arguments.isSet("dry-run")
        let pipelines = try arguments.pipelines()
        let spool = try arguments.spoolFolder()
        let cloud = try await Cloud(arguments, queueURL: arguments.text("queue") ?? "").serving(pipelines)
        let log = Log(threshold: .warning)
        let ledger = try await openExistingLedger(arguments)
        // No job's object is fetched whole or scanned: reconcile finishes only jobs that have a judgement.
        var fetch = RangedFetch.Configuration()
        fetch.fetchesRest = false
        let access = { [fetch] (s3: S3Client) in
            StoreAccess(
                fetch: RangedFetch(store: s3, directory: "/tmp", configuration: fetch),
                mover: ObjectMover(store: s3, log: log))
        }
        let (own, others) = (access(cloud.s3), cloud.mapOthers(access))
        let parts = WorkerContext(
            worker: "reconcile@\(workerName())", pipelines: pipelines, ledger: ledger,
            fetch: own.fetch, mover: own.mover, others: others, inspection: ObjectInspection(inspector: NoScanner()),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(120), log: log))
        let sender = cloud.queueURL.isEmpty ? nil : EventSender(to: cloud.sqs)

        let isStopped = Locked(false)
        let signals = StopSignals { _ in isStopped.withLock { $0 = true } }
        defer { signals.cancel() }
        let tally = Locked(Tally())
        let status =
            StatusLine.isSupported(environment: arguments.environment)
            ? StatusLine.draw { "\(tally.withLock { $0.found }) jobs found" } : nil
        var result: Result<Int, LedgerError>
        do {
            result = .success(
                try await Reconciler(context: parts, sender: sender, options: options).run(
                    isStopped: { isStopped.withLock { $0 } }
                ) { move in
                    tally.withLock { $0.count(move.result) }
                    if status != nil { StatusLine.erase() }
                    if arguments.isSet("json") { outputJSON(move.write) } else { output(printable(move.line)) }
                })
        } catch { result = .failure(error) }
        status?.cancel()
        await status?.value
        if case .success = result, !isStopped.withLock({ $0 }) {
            // The bytes of a release are compared with the judged ones, which S3 may keep no SHA-256 of.
            let context = cloud.reviewContext(worker: parts.worker, pipelines, ledger, spool: spool)
            do throws(LedgerError) {
                try await finishReviews(ReviewRunner(context), ledger, options, arguments, tally)
            } catch { result = .failure(error) }
        }
        await ledger.close()
        try end(result, tally.withLock { $0 }, wasStopped: isStopped.withLock { $0 })
    }

    /// Finishes releases, deletions and recalls whose process ended.
    private static func finishReviews(
        _ runner: ReviewRunner, _ ledger: any Ledger, _ options: Reconciler.Options, _ arguments: Arguments,
        _ tally: borrowing Locked<Tally>
    ) async throws(LedgerError) {
        for job in try await ledger.interruptedReviews(at: .now(), limit: 10_000) {
            let result: InterruptedMove.Result
            if options.isDryRun {
                result = .would
            } else {
                switch await runner.resume(job, actor: options.actor) {
                case .done(let text), .leftAlone(let text): result = .done(text)
                case .refused(let text): result = .person(text)
                case .failed(let text): result = .failed(text)
                }
            }
            tally.withLock { $0.count(result) }
            if arguments.isSet("json") {
                outputJSON { json in
                    json.field("job", job.text)
                    json.field("remedy", "finish-review")
                    result.write(to: &json)
                }
            } else {
                output(printable("\(job)  review interrupted; \(result.text)"))
            }
        }
    }

    private static func end(_ result: Result<Int, LedgerError>, _ tally: Tally, wasStopped: Bool) throws {
        let checked: Int
        do { checked = try result.get() } catch { throw failure(of: error) }
        printNotice("\(checked) job\(checked == 1 ? "" : "s") checked\(tally.text)")
        if wasStopped { throw CommandFailure(.interrupted, "stopped before the last job; run it again") }
        if tally.person > 0 {
            throw CommandFailure(.badData, "\(tally.person) job\(tally.person == 1 ? " needs" : "s need") a person")
        }
        if tally.failed > 0 {
            throw CommandFailure(.unavailable, "\(tally.failed) could not be repaired; run it again")
        }
    }

    private struct Tally {
        var done = 0
        var would = 0
        var left = 0
        var person = 0
        var failed = 0

        var found: Int { done + would + left + person + failed }

        mutating func count(_ result: InterruptedMove.Result) {
            switch result {
            case .done: done += 1
            case .would: would += 1
            case .left: left += 1
            case .person: person += 1
            case .failed: failed += 1
            }
        }

        /// `: 3 done, 1 needing a person`
        var text: String {
            let counts = [
                (done, "done"), (would, "to be done"), (left, "skipped"), (person, "needing a person"),
                (failed, "failed"),
            ]
            let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            return parts.isEmpty ? ", none interrupted" : ": " + parts.joined(separator: ", ")
        }
    }
}
