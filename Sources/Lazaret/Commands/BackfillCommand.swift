internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret backfill`: brings what a bucket holds already to the queue.
enum BackfillCommand {
    static let command = Command(
        words: ["backfill"],
        abstract: "Sends the objects of a bucket that have no outcome yet to the queue, in the order of their keys.",
        operands: "s3://BUCKET/PREFIX",
        flags: [
            .queue, .pipelines, .ledger,
            Flag("rate", "N/s", "messages to send a second at the most (default: as many as the queue takes)"),
            Flag("start-after", "KEY", "only keys beyond this one: what a run that was stopped tells to go on with"),
            Flag(
                "since", "T", "only objects written since 2026-11-21, 2026-11-21T08:00:00Z, or in the last 30m, 24h, 7d"
            ),
            Flag(
                "until", "T",
                "only objects written before that; where events flow and the bucket has no versions, give 1h, so that none is sent beside its event"
            ),
            .actor,
            Flag("dry-run", "list what would be sent, and change nothing"), .json,
        ], run: run)

    private static func run(_ arguments: Arguments) async throws {
        let (bucket, prefix) = try place(arguments.operands)
        let isDryRun = arguments.isSet("dry-run")
        let queueURL = isDryRun ? "" : try arguments.required("queue")
        let rate = try arguments.rate("rate")
        let now = Timestamp.now()
        let times = try TimeSpan(
            since: arguments.time("since", now: now),
            until: arguments.time("until", now: now))
        let actor = arguments.text("actor") ?? actorName()
        let pipelines = try loadingPipelines(arguments)
        guard pipelines.pipelines.contains(where: { $0.match.bucket == bucket }) else {
            throw CommandFailure(
                .configuration,
                "no pipeline in \(try arguments.required("pipelines")) takes objects of the bucket \(bucket)")
        }
        let cloud = try await Cloud(arguments, queueURL: queueURL)
        let ledger = try await existingLedger(arguments)
        let walk = BackfillWalk(
            s3: cloud.s3, bucket: bucket, prefix: prefix, startAfter: arguments.text("start-after"),
            backfill: Backfill(
                of: bucket, times: times, pipelines: pipelines, ledger: ledger,
                sender: isDryRun ? nil : EventSender(to: cloud.sqs, rateLimiter: rate.map { RateLimiter(rate: $0) }),
                actor: actor),
            share: rate.map { max(EventSender.batchSize, min(200, Int($0))) } ?? 200
        ) { entry in tell(entry, of: bucket, asJSON: arguments.isSet("json"), isDryRun: isDryRun) }

        let work = Task { try await walk.run() }
        let signals = StopSignals { _ in work.cancel() }
        defer { signals.cancel() }
        let status = progressLine(arguments) { walk.tally.line }
        let result = await work.result
        status?.cancel()
        await status?.value
        if !isDryRun, walk.tally.sent > 0 { await note(walk.tally, of: arguments.operands[0], by: actor, in: ledger) }
        await ledger.close()

        say(walk.tally.line)
        guard case .failure(let error) = result else { return }
        let next = walk.tally.last.map(\.text) ?? arguments.text("start-after")
        let resume = next.map { "resume with --start-after=\(shellWord($0))" } ?? "nothing was done yet: run it again"
        if error is CancellationError { throw CommandFailure(.interrupted, "stopped; \(resume)") }
        let failure = (error as? CommandFailure) ?? (error as? LedgerError).map(failure(of:)) ?? cloud.failure(error)
        throw CommandFailure(failure.status, lines: failure.lines + [resume])
    }

    private static func note(_ tally: BackfillTally, of place: String, by actor: String, in ledger: any Ledger) async {
        let entry = AuditEntry(
            at: .now(), actor: actor, action: "backfill", subject: place, reason: "\(tally.sent) sent to the queue")
        do { try await ledger.audit(entry) } catch { say("lazaret: not in the audit trail: \(error)") }
    }

    private static func place(_ operands: [String]) throws -> (bucket: String, prefix: String) {
        let scheme = "s3://"
        guard operands.count == 1, operands[0].hasPrefix(scheme) else {
            throw CommandFailure(.usage, "`lazaret backfill` takes one place: s3://BUCKET or s3://BUCKET/PREFIX")
        }
        let name = operands[0].utf8.dropFirst(scheme.utf8.count)
        let bucket = String(Substring(name.prefix { $0 != UInt8(ascii: "/") }))
        guard !bucket.isEmpty else { throw CommandFailure(.usage, "'\(operands[0])' names no bucket") }
        return (bucket, String(Substring(name.dropFirst(bucket.utf8.count + 1))))
    }

    /// A line for an object whose message was sent, or would be.
    private static func tell(_ entry: Backfill.Entry, of bucket: String, asJSON: Bool, isDryRun: Bool) {
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
