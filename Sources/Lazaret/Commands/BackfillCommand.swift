internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret backfill`: queues objects that a bucket held before its events were set up.
enum BackfillCommand {
    static let command = Command(
        words: ["backfill"],
        abstract:
            "Sends the objects of a bucket that have no outcome yet to the queue, in key order; with --promoted, inspects promoted objects again.",
        operands: "[s3://BUCKET/PREFIX]",
        flags: [
            .queue, .pipelines, .ledger,
            Flag(
                "rate", "N/s",
                "at most this many messages per second (default: no limit), or with --promoted objects (default: 5/s)"),
            Flag(
                "start-after", "KEY",
                "only keys, or with --promoted jobs, after this one; a stopped run prints the value to resume with"),
            Flag(
                "since", "T",
                "only objects modified since 2026-11-21, 2026-11-21T08:00:00Z, or in the last 30m, 24h, 7d"
            ),
            Flag(
                "until", "T",
                "only objects modified before this time; give 1h if an unversioned bucket already sends events, so that no upload is queued twice"
            ),
            .actor,
            Flag("dry-run", "print what would be sent, and change nothing"), .json,
        ] + PromotedRecheck.flags
    ) { arguments in
        if arguments.isSet("promoted") {
            try await PromotedRecheck.run(arguments)
        } else {
            try PromotedRecheck.refuseFlags(arguments)
            try await run(arguments)
        }
    }

    private static func run(_ arguments: Arguments) async throws {
        guard arguments.operands.count == 1 else {
            throw CommandFailure(.usage, "`lazaret backfill` takes one argument: s3://BUCKET or s3://BUCKET/PREFIX")
        }
        let (bucket, prefix) = try Arguments.place(arguments.operands[0])
        let isDryRun = arguments.isSet("dry-run")
        let queueURL = isDryRun ? "" : try arguments.required("queue")
        let rate = try arguments.rate("rate")
        let now = Timestamp.now()
        let times = try TimeSpan(
            since: arguments.time("since", now: now),
            until: arguments.time("until", now: now))
        let actor = arguments.text("actor") ?? actorName()
        let pipelines = try arguments.pipelines()
        guard pipelines.source(of: bucket, prefix) != nil else {
            throw CommandFailure(
                .configuration,
                "no pipeline in \(try arguments.required("pipelines")) matches the bucket \(bucket)")
        }
        let cloud = try await Cloud(arguments, queueURL: queueURL).serving(pipelines)
        let ledger = try await openExistingLedger(arguments)
        let run = BackfillRun(
            s3: cloud.s3(of: pipelines.source(of: bucket, prefix)), bucket: bucket, prefix: prefix,
            startAfter: arguments.text("start-after"),
            backfill: Backfill(
                of: bucket, times: times, pipelines: pipelines, ledger: ledger,
                sender: isDryRun ? nil : EventSender(to: cloud.sqs, rateLimiter: rate.map { RateLimiter(rate: $0) }),
                actor: actor),
            batchSize: rate.map { max(EventSender.batchSize, min(200, Int($0))) } ?? 200
        ) { entry in printEntry(entry, of: bucket, asJSON: arguments.isSet("json"), isDryRun: isDryRun) }

        let (work, signals) = StopSignals.cancelling { try await run.run() }
        defer { signals.cancel() }
        let status =
            StatusLine.isSupported(environment: arguments.environment) ? StatusLine.draw { run.tally.line } : nil
        let result = await work.result
        status?.cancel()
        await status?.value
        if !isDryRun, run.tally.sent > 0 {
            await recordAudit(run.tally, of: arguments.operands[0], by: actor, in: ledger)
        }
        await ledger.close()

        printNotice(run.tally.line)
        guard case .failure(let error) = result else { return }
        let next = run.tally.last.map(\.text) ?? arguments.text("start-after")
        let resume = next.map { "resume with --start-after=\(shellQuoted($0))" } ?? "nothing was sent yet; run it again"
        if error is CancellationError { throw CommandFailure(.interrupted, "stopped; \(resume)") }
        let failure = (error as? CommandFailure) ?? (error as? LedgerError).map(failure(of:)) ?? cloud.failure(error)
        throw CommandFailure(failure.status, lines: failure.lines + [resume])
    }

    private static func recordAudit(
        _ tally: BackfillTally, of source: String, by actor: String, in ledger: any Ledger
    ) async {
        let entry = AuditEntry(
            at: .now(), actor: actor, action: "backfill", subject: source, reason: "\(tally.sent) sent to the queue")
        do { try await ledger.audit(entry) } catch { printNotice("lazaret: the audit entry was not written: \(error)") }
    }

    /// Prints a line for an object whose message was sent, or would be.
    private static func printEntry(_ entry: Backfill.Entry, of bucket: String, asJSON: Bool, isDryRun: Bool) {
        guard case .send(let event, _) = entry.step, entry.failure == nil else { return }
        let job = Job(of: event)
        guard asJSON else {
            if isDryRun { output("\(job.id)  \(printable("s3://\(bucket)/\(entry.object.key)"))") }
            return
        }
        outputJSON { json in
            json.field("job", job.id.text)
            json.field("bucket", bucket)
            json.field("key", entry.object.key.text)
            json.field("versionId", entry.object.versionID)
            json.field("etag", entry.object.etag)
            json.field("size", entry.object.size)
            json.field("lastModified", entry.object.lastModified?.description)
            json.field("result", isDryRun ? "would-send" : "sent")
        }
    }
}

extension PipelineSet {
    /// The pipeline with whose identity a part of a bucket is listed: one that takes objects there, else any that takes
    /// objects of the bucket; nil if there is none.
    fileprivate func source(of bucket: String, _ prefix: String) -> Pipeline? {
        let candidates = pipelines.filter { $0.match.bucket == bucket }
        return candidates.first { prefix.utf8.starts(with: $0.match.prefix.utf8) }
            ?? candidates.first { $0.match.prefix.utf8.starts(with: prefix.utf8) } ?? candidates.first
    }
}
