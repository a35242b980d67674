internal import AWS
internal import Domain
internal import Intake
internal import Ledger
internal import Replay
internal import Support

/// `lazaret replay`: jobs are worked on again, from the ledger or from a dead-letter queue.
enum ReplayCommand {
    static let command = Command(
        words: ["replay"],
        abstract: "Sends jobs to the queue again: failed ones, dead letters, or any that filters choose.",
        operands: "[JOB...]", flags: ReplaySettings.flags, run: run)

    private static func run(_ arguments: Arguments) async throws {
        let settings = try ReplaySettings(arguments)
        let ledger = try await existingLedger(arguments)
        let report = ReplayReport(settings, environment: arguments.environment)
        let work = Task { try await replay(settings, ledger, report, arguments) }
        let signals = StopSignals { _ in work.cancel() }
        defer { signals.cancel() }
        let result = await work.result
        await ledger.close()
        report.wipe()
        switch result {
        case .success(let summary):
            if let summary { say(summary) } else { report.tellSummary() }
        case .failure(let failure):
            if !report.counts.isNothing { report.tellSummary() }
            throw failure
        }
        let unknown = report.counts.unknown
        if !unknown.isEmpty {
            throw CommandFailure(.badData, lines: unknown.map { "the ledger has no job \($0)" })
        }
    }

    /// - Returns: what to say at the end, where the report does not know it.
    private static func replay(
        _ settings: ReplaySettings, _ ledger: any Ledger, _ report: ReplayReport, _ arguments: Arguments
    ) async throws -> String? {
        guard let source = settings.deadLetterURL else {
            // Nothing is sent, and so nothing need be reached, where it is only told what would be done.
            let cloud = try await settings.context.isDryRun ? nil : reached(settings.queueURL, arguments)
            try await ending(cloud) { () async throws(ReplayFailure) in
                try await JobReplay(
                    ledger: ledger, sender: EventSender(to: cloud?.sqs ?? Nowhere()),
                    rateLimiter: rateLimiter(settings),
                    context: settings.context, report: report.tell
                ).run(settings.selection)
            }
            return nil
        }
        let deadLetters = try await Cloud(arguments, queueURL: source)
        let attributes = try await deadLetters.queueAttributes()
        let destination = try await reached(settings.queueURL, arguments)
        if settings.isMove,
            let summary = try await move(settings, ledger, report, deadLetters, attributes, destination)
        {
            return summary
        }
        guard settings.context.isDryRun || destination != nil else {
            throw CommandFailure(
                .usage,
                "where the messages came from is not known here: name the queue that they go to with --queue URL")
        }
        let isWhole = try await ending(deadLetters) { () async throws(ReplayFailure) in
            try await DeadLetterReplay(
                from: deadLetters.sqs, ledger: ledger, sender: EventSender(to: destination?.sqs ?? Nowhere()),
                rateLimiter: rateLimiter(settings), context: settings.context, report: report.tell
            ).run(settings.selection)
        }
        if !isWhole { say("so many messages were left where they are that not all could be looked at") }
        return nil
    }

    /// - Returns: what to say at the end; nil where SQS can't do it.
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
            progress: report.tellMove)
        let ended = try await ending(source) { [target] () async throws(ReplayFailure) in
            try await move.run(from: arn, to: target)
        }
        switch ended {
        case .unsupported: return nil
        case .completed(let moved): return "\(moved) messages moved by SQS"
        case .cancelled(let moved):
            throw CommandFailure(.interrupted, "stopped after \(moved) messages; the rest is where it was")
        case .failed(let reason, let moved):
            throw CommandFailure(.unavailable, "SQS gave up after \(moved) messages: \(reason)")
        }
    }

    /// The queue that messages are sent to, known to be there: jobs that are opened and then can't be sent would be
    /// stranded.
    private static func reached(_ queueURL: String?, _ arguments: Arguments) async throws -> Cloud? {
        guard let queueURL else { return nil }
        let cloud = try await Cloud(arguments, queueURL: queueURL)
        _ = try await cloud.queueAttributes()
        return cloud
    }

    private static func rateLimiter(_ settings: ReplaySettings) -> RateLimiter? {
        settings.rate.map { RateLimiter(rate: $0) }
    }

    /// Ends the program as what went wrong asks for.
    private static func ending<Value>(
        _ cloud: Cloud?, _ body: () async throws(ReplayFailure) -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            switch error {
            case .stopped: throw CommandFailure(.interrupted, "stopped before all was looked at; what was done is done")
            case .ledger(let error): throw failure(of: error)
            case .queue(let error): throw cloud?.failure(error) ?? CommandFailure(.internalError, "\(error)")
            case .sending(let failure):
                throw CommandFailure(
                    failure.isSenderFault ? .configuration : .unavailable, "not sent: \(failure)",
                    "jobs that were opened and not sent are stranded: `lazaret replay --failed` sends them")
            }
        }
    }
}

/// Takes no message, for a replay that sends none.
private struct Nowhere: SendingQueue {
    func send(_ bodies: [String]) async throws(AWSError) -> [SQSBatchFailure?] {
        bodies.map { _ in SQSBatchFailure(code: "NoQueue", message: "no queue was named", isSenderFault: true) }
    }
}
