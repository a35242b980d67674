internal import Domain
internal import Intake
internal import Ledger
internal import Support
internal import Transfer
internal import Worker

/// `lazaret reconcile`: finishes what was half done and has no owner any more, and tells what only a person can say.
enum ReconcileCommand {
    static let command = Command(
        words: ["reconcile"],
        abstract:
            "Finds jobs that stand half-way and that nobody works on; finishes them, or ends with 65 and says why not.",
        operands: nil,
        flags: [
            .pipelines, .ledger,
            Flag(
                "queue", "URL",
                "send the events of jobs that were never judged or moved there again (default: tell of them)"),
            Flag(
                "older-than", "AGE", "open jobs that nobody has had a claim on for so long: 90s, 15m, 2h",
                fallback: "15m"),
            JobFilters.since,
            Flag(
                "settled", "look at jobs that ended well, too: whether their source is still there (a request for each)"
            ),
            .actor,
            Flag("dry-run", "say what would be done, and change nothing"), .json,
        ], run: run)

    private static func run(_ arguments: Arguments) async throws {
        var options = Reconciler.Options(actor: arguments.text("actor") ?? actorName())
        options.since = try arguments.time("since", now: .now())
        options.olderThan = try arguments.age("older-than")
        options.includesSettled = arguments.isSet("settled")
        options.isDryRun = arguments.isSet("dry-run")
        let pipelines = try loadingPipelines(arguments)
        let cloud = try await Cloud(arguments, queueURL: arguments.text("queue") ?? "")
        let log = Log(threshold: .warning)
        let ledger = try await existingLedger(arguments)
        // Nothing is fetched whole or scanned: only what was judged is brought to its end.
        var fetch = RangedFetch.Configuration()
        fetch.fetchesRest = false
        let parts = WorkerContext(
            worker: "reconcile@\(workerName())", pipelines: pipelines, ledger: ledger,
            fetch: RangedFetch(store: cloud.s3, directory: "/tmp", configuration: fetch),
            mover: ObjectMover(store: cloud.s3, log: log),
            inspection: ObjectInspection(inspector: NoScanner()),
            claims: ClaimKeeper(ledger: ledger, life: .seconds(120), log: log))
        let sender = cloud.queueURL.isEmpty ? nil : EventSender(to: cloud.sqs)

        let isStopped = Locked(false)
        let signals = StopSignals { _ in isStopped.withLock { $0 = true } }
        defer { signals.cancel() }
        let tally = Locked(Tally())
        let status = progressLine(arguments) { "\(tally.withLock { $0.found }) jobs found" }
        let result: Result<Int, LedgerError>
        do {
            result = .success(
                try await Reconciler(context: parts, sender: sender, options: options).run(
                    isStopped: { isStopped.withLock { $0 } }
                ) { move in
                    tally.withLock { $0.count(move.result) }
                    if status != nil { StatusLine.wipe() }
                    if arguments.isSet("json") { outputJSON(move.write) } else { output(printable(move.line)) }
                })
        } catch { result = .failure(error) }
        status?.cancel()
        await status?.value
        await ledger.close()
        try end(result, tally.withLock { $0 }, wasStopped: isStopped.withLock { $0 })
    }

    private static func end(_ result: Result<Int, LedgerError>, _ tally: Tally, wasStopped: Bool) throws {
        let looked: Int
        do { looked = try result.get() } catch { throw failure(of: error) }
        say("\(looked) job\(looked == 1 ? "" : "s") looked at\(tally.text)")
        if wasStopped { throw CommandFailure(.interrupted, "stopped before the last job; run it again") }
        if tally.person > 0 {
            throw CommandFailure(.badData, "\(tally.person) job\(tally.person == 1 ? " needs" : "s need") a person")
        }
        if tally.failed > 0 {
            throw CommandFailure(.unavailable, "\(tally.failed) could not be dealt with; run it again")
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

        /// `: 3 done, 1 for a person`
        var text: String {
            let counts = [
                (done, "done"), (would, "to be done"), (left, "left to who works on them"), (person, "for a person"),
                (failed, "failed"),
            ]
            let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            return parts.isEmpty ? "; none stands half-way" : ": " + parts.joined(separator: ", ")
        }
    }
}
