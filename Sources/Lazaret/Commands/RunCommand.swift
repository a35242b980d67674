internal import AWS
internal import Glibc
internal import Inspection
internal import Intake
internal import Ledger
internal import Notices
internal import Pipelines
internal import ScanProtocol
internal import Support
internal import Worker

/// `lazaret run`: the worker, from start to end. `WorkerAssembly` wires its parts.
enum RunCommand {
    static let command = Command(
        words: ["run"], abstract: "Processes the uploads that the queue reports, until stopped.", operands: nil,
        flags: RunSettings.flags, run: run)

    private static func run(_ arguments: Arguments) async throws {
        // First, since after a reload the manager's time-out is in force, and what follows may wait for AWS.
        let manager = ServiceManager(arguments.environment)
        let jobs = WorkThread("lazaret.jobs")
        let watchdog = Task { await manager.reportAlive(while: jobs) }
        defer { watchdog.cancel() }
        let parts = try await WorkerAssembly(arguments)
        var listener = try parts.listen()
        defer { withExtendedLifetime(listener) {} }
        let startup = CancellableStartup<EngineDescription>()
        let stop = gracefulStop(parts)
        let signals = StopSignals { [log = parts.log, level = parts.showsStatus ? Log.Level.warning : .info] name in
            log(level, "draining") { $0.field("signal", name) }
            parts.pipelineFiles.end()
            manager.stopping()
            stop.request()
            // The ledger may be down for long, and the engine takes long to load.
            startup.cancel()
        }
        let reload = StopSignals(on: [(SIGHUP, "SIGHUP")]) { _ in
            manager.reloading()
            parts.pipelineFiles.reload { restarts in
                guard restarts else { return manager.reloaded() }
                stop.request()
                startup.cancel()
            }
        }
        defer { reload.cancel() }
        // There is nothing to wait for: without a ledger no job can be worked on.
        parts.ledger.onLoss { _ in
            parts.worker.drain()
            parts.worker.endGrace()
        }
        // Until the end, so that a second signal during the shutdown is safe too.
        defer { signals.cancel() }

        let survey = Task { [survey = parts.survey] in
            if let survey { await survey.run() }
        }
        defer { survey.cancel() }
        let engine: EngineDescription?
        do {
            engine = try await startup.run { try await start(parts) }
        } catch {
            await end(parts)
            throw error
        }
        if let engine {
            await finish(survey)
            logStart(parts, engine)
            manager.ready()
            try await work(parts, on: jobs, stop)
        } else {
            await end(parts)
        }
        guard parts.pipelineFiles.restartsWorker else { return }
        listener = nil
        throw CommandFailure(.internalError, "\(ProcessRestart.run())")
    }

    /// The first request drains. On a second one, or when the grace period ends, jobs that have not started moving
    /// their object are handed back.
    private static func gracefulStop(_ parts: WorkerAssembly) -> GracefulStop {
        GracefulStop(grace: parts.settings.stopGrace, drain: parts.worker.drain) {
            parts.log(
                .warning, "stop grace expired: jobs that have not started moving their object go back to the queue")
            parts.worker.endGrace()
            Task { await endLate(parts) }
        }
    }

    /// How long a worker without a running job may take to return its messages, if SQS or the credentials are away.
    private static let lastWords = Duration.seconds(8)

    /// Ends the process if it is not done some seconds after its grace and its last job: what is not acknowledged by
    /// then comes again, and the ledger recognises it.
    private static func endLate(_ parts: WorkerAssembly) async {
        while parts.progress.counts.running > 0 { try? await Task.sleep(for: .milliseconds(100)) }
        try? await Task.sleep(for: lastWords)
        parts.log(.warning, "stopped without an answer from SQS: its messages come again when their leases expire")
        endProcess(ExitStatus.interrupted.rawValue)
    }

    // MARK: Start

    /// Opens the ledger, then starts the scanners: they come last, so that no earlier failure leaves them running.
    private static func start(_ parts: WorkerAssembly) async throws -> EngineDescription {
        for pipeline in parts.pipelines.pipelines where !pipeline.tagsInPlace.isEmpty {
            let tags = try await parts.cloud.checkTagsInPlace(of: pipeline)
            guard tags.isWarning else { continue }
            parts.log(.warning, "tags in place") { json in
                json.field("pipeline", pipeline.name)
                json.field("detail", tags.text)
            }
        }
        try await openWorkerLedger(parts.ledger, at: parts.ledgerURL, log: parts.log)
        await parts.warnOfEmptyLedger()
        let signatures = parts.signatures
        parts.log(.info, "loading signatures") { $0.field("folder", signatures) }
        if parts.showsStatus { StatusLine.show("loading signatures from \(printable(signatures))") }
        let engine = try await startScanners(parts.scanners)
        try checkFileLayer(engine, isAllowed: parts.allowsOpenFiles)
        return engine
    }

    /// Waits for the survey of the stores, which has had the time that the engine takes to load. If S3 is away, it is
    /// left.
    private static func finish(_ survey: Task<Void, Never>) async {
        let limit = Task {
            do { try await Task.sleep(for: .seconds(3)) } catch { return }
            survey.cancel()
        }
        await survey.value
        limit.cancel()
    }

    private static func logStart(_ parts: WorkerAssembly, _ engine: EngineDescription) {
        parts.log(.info, "started") { json in
            json.field("version", Lazaret.version)
            json.field("commit", Lazaret.commit)
            json.field("queue", parts.settings.queueURL)
            json.field("backfillQueue", parts.settings.backfillQueueURL)
            json.field("pipelines", parts.pipelines.pipelines.map(\.name))
            json.field("engine", engine.engine)
            json.field("signatures", engine.signatures)
            json.field("concurrency", parts.settings.concurrency)
        }
        let warnings = StartWarnings.texts(
            pipelines: parts.pipelines, ledgerURL: parts.ledgerURL, databases: engine.databases,
            environment: environment())
        for text in warnings { parts.log(.warning, "check") { $0.field("detail", text) } }
        if !engine.missingProperties.isEmpty {
            parts.log(.warning, "the scanner's sandbox is incomplete; --require-sandbox makes this an error") { json in
                json.field("missing", engine.missingProperties.map(\.rawValue))
                json.field("missingLayers", engine.missingLayers)
            }
        } else if !engine.missingLayers.isEmpty {
            parts.log(.info, "the scanner's sandbox has each property, but not each layer") { json in
                json.field("missingLayers", engine.missingLayers)
            }
        }
        if parts.lanes[0].attributes.redrive == nil {
            parts.log(
                .warning, "the queue has no dead-letter queue: a message that always fails is retried until it expires")
        }
    }

    // MARK: Work and end

    private static func work(_ parts: WorkerAssembly, on jobs: WorkThread, _ stop: GracefulStop) async throws {
        let start = ContinuousClock().now
        let startRequests = parts.cloud.requests
        let status =
            parts.showsStatus
            ? StatusLine.draw { [progress = parts.progress] in
                StatusLine.text(progress.counts, elapsed: ContinuousClock().now - start)
            } : nil
        let watch = Task { await parts.ledger.watch() }
        let files = Task { await parts.pipelineFiles.watch(every: parts.settings.signatureInterval) }
        let anchors = Task { await parts.anchors?.run() }
        // Only for the metrics.
        let reviews = parts.settings.listen == nil ? nil : Task { await parts.reviews.run() }
        let notices = Task { await parts.notices.run() }
        defer {
            anchors.cancel()
            reviews?.cancel()
            watch.cancel()
            files.cancel()
        }
        var failure: (any Error)?
        do {
            try await parts.worker.run(on: jobs)
        } catch {
            failure = error
        }
        let elapsed = ContinuousClock().now - start
        stop.cancel()
        await finish(notices, of: parts)
        status?.cancel()
        await status?.value

        if let loss = parts.ledger.loss { failure = failure ?? loss }
        let usage = await end(parts)
        let summary = RunSummary(
            parts.progress.counts, elapsed: elapsed, scanners: usage, requests: parts.cloud.requests - startRequests)
        if parts.showsStatus { printNotice(summary.line) } else { summary.write(to: parts.log) }
        if let loss = failure as? LedgerError { throw ledgerFailure(loss) }
        if let failure { throw parts.cloud.failure(failure) }
    }

    /// How long the notices that are due may take at the end: what is not sent by then another worker sends, or this
    /// one after its next start.
    private static let lastNotices = Duration.seconds(4)

    private static func finish(_ notices: Task<Void, Never>, of parts: WorkerAssembly) async {
        parts.notices.stop()
        let limit = Task {
            do { try await Task.sleep(for: lastNotices) } catch { return }
            notices.cancel()
        }
        await notices.value
        limit.cancel()
    }

    private static func ledgerFailure(_ loss: LedgerError) -> CommandFailure { failure(of: loss) }

    /// Stops the scanners, also those that are still starting, and closes the ledger.
    @discardableResult private static func end(_ parts: WorkerAssembly) async -> ScannerUsage {
        let usage = await parts.scanners.stop()
        await parts.ledger.close()
        if parts.showsStatus { StatusLine.erase() }
        return usage
    }
}
