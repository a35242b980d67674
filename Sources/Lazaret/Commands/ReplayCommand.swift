internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Replay
internal import Support

/// `lazaret replay`: sends jobs of the ledger or messages of a dead-letter queue to the queue again.
enum ReplayCommand {
    static let command = Command(
        words: ["replay"],
        abstract: "Sends jobs to the queue again: failed ones, dead letters, or those that match filters.",
        operands: "[JOB...]", flags: ReplaySettings.flags, run: run)

    private static func run(_ arguments: Arguments) async throws {
        let settings = try ReplaySettings(arguments)
        let ledger = try await openExistingLedger(arguments)
        let report = ReplayReport(settings, environment: arguments.environment)
        let (work, signals) = StopSignals.cancelling { try await replay(settings, ledger, report, arguments) }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        report.eraseStatusLine()
        switch result {
        case .success(let summary):
            if let summary { printNotice(summary) } else { report.printSummary() }
        case .failure(let failure):
            if !report.counts.isEmpty { report.printSummary() }
            throw failure
        }
        let unknown = report.counts.unknown
        if !unknown.isEmpty {
            throw CommandFailure(.badData, lines: unknown.map { "the ledger has no job \($0)" })
        }
    }

    /// - Returns: the summary, or nil if it is the report's.
    private static func replay(
        _ settings: ReplaySettings, _ ledger: any Ledger, _ report: ReplayReport, _ arguments: Arguments
    ) async throws -> String? {
        guard let source = settings.deadLetterURL else {
            // A dry run sends nothing, so that no queue need be reachable.
            let cloud = try await settings.context.isDryRun ? nil : connect(settings.queueURL, arguments)
            try await mappingFailure(cloud) { () async throws(ReplayFailure) in
                try await JobReplay(
                    ledger: ledger, sender: EventSender(to: cloud?.sqs ?? NoQueue()),
                    rateLimiter: rateLimiter(settings),
                    context: settings.context, report: report.add
                ).run(settings.selection)
            }
            return nil
        }
        let deadLetters = try await Cloud(arguments, queueURL: source)
        let attributes = try await deadLetters.queueAttributes()
        let destination = try await connect(settings.queueURL, arguments)
        if settings.isMove,
            let summary = try await move(settings, ledger, report, deadLetters, attributes, destination)
        {
            return summary
        }
        guard settings.context.isDryRun || destination != nil else {
            throw CommandFailure(
                .usage,
                "only SQS knows which queue these messages came from, and can't move them: name their destination with --queue URL"
            )
        }
        let isWhole = try await mappingFailure(deadLetters) { () async throws(ReplayFailure) in
            try await DeadLetterReplay(
                from: deadLetters.sqs, ledger: ledger, sender: EventSender(to: destination?.sqs ?? NoQueue()),
                rateLimiter: rateLimiter(settings), context: settings.context, report: report.add
            ).run(settings.selection)
        }
        if !isWhole { printNotice("not all messages were examined: too many of them stay in the queue") }
        return nil
    }

    /// Has SQS itself move the messages.
    ///
    /// - Returns: the summary, or nil if the service does not support it.
    private static func move(
        _ settings: ReplaySettings, _ ledger: any Ledger, _ report: ReplayReport, _ source: Cloud,
        _ attributes: QueueAttributes, _ destination: Cloud?
    ) async throws -> String? {
        guard let arn = attributes.arn else { return nil }
        var target: String?
        if let destination {
            target = try await destination.queueAttributes().arn
            guard target != nil else { return nil }
        }
        let move = DeadLetterMove(
            of: source.sqs, ledger: ledger, context: settings.context, rate: settings.moveRate,
            progress: report.showMove)
        let ended = try await mappingFailure(source) { [target] () async throws(ReplayFailure) in
            try await move.run(from: arn, to: target)
        }
        switch ended {
        case .unsupported: return nil
        case .completed(let moved): return "\(moved) messages moved by SQS"
        case .cancelled(let moved):
            throw CommandFailure(
                .interrupted, "stopped after \(moved) messages; the others stay in the dead-letter queue")
        case .failed(let reason, let moved):
            throw CommandFailure(.unavailable, "SQS gave up after \(moved) messages: \(reason)")
        }
    }

    /// Connects to the destination queue and checks that it exists: jobs that were reopened but could not be sent would
    /// be stranded.
    private static func connect(_ queueURL: String?, _ arguments: Arguments) async throws -> Cloud? {
        guard let queueURL else { return nil }
        let cloud = try await Cloud(arguments, queueURL: queueURL)
        _ = try await cloud.queueAttributes()
        return cloud
    }

    private static func rateLimiter(_ settings: ReplaySettings) -> RateLimiter? {
        settings.rate.map { RateLimiter(rate: $0) }
    }

    /// Turns a `ReplayFailure` into the exit status and the text for it.
    private static func mappingFailure<Value>(
        _ cloud: Cloud?, _ body: () async throws(ReplayFailure) -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            switch error {
            case .stopped: throw CommandFailure(.interrupted, "stopped before the end; nothing is left half done")
            case .ledger(let error): throw failure(of: error)
            case .queue(let error): throw cloud?.failure(error) ?? CommandFailure(.internalError, "\(error)")
            case .sending(let failure):
                throw CommandFailure(
                    failure.isSenderFault ? .configuration : .unavailable, "not sent: \(failure)",
                    "jobs that were reopened but not sent are stranded: `lazaret replay --failed` sends them")
            }
        }
    }
}

/// Rejects every message, for a dry run.
private struct NoQueue: SendingQueue {
    func send(_ messages: [SQSOutgoingMessage]) async throws(AWSError) -> [SQSBatchFailure?] {
        messages.map { _ in SQSBatchFailure(code: "NoQueue", message: "no queue was named", isSenderFault: true) }
    }
}
