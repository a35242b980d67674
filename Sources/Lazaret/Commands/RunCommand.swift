internal import AWS
internal import Inspection
internal import Intake
internal import Pipelines
internal import ScanProtocol
internal import Support
internal import Worker

/// `lazaret run`: the worker, from its start to its end. What it is made of: `WorkerAssembly`.
enum RunCommand {
    static let command = Command(
        words: ["run"], abstract: "Works on what the queue brings until it is told to stop.", operands: nil,
        flags: RunSettings.flags, run: run)

    private static func run(_ arguments: Arguments) async throws {
        let parts = try await WorkerAssembly(arguments)
        let listener = try parts.listen()
        defer { withExtendedLifetime(listener) {} }
        let startup = Startup<EngineDescription>()
        let stop = stopOrder(parts)
        let signals = StopSignals { [log = parts.log, level = parts.showsStatus ? Log.Level.warning : .info] name in
            log(level, "draining") { $0.field("signal", name) }
            stop.give()
            // A ledger may be down for long, and the engine takes long to load: nobody waits for them any more.
            startup.giveUp()
        }
        // To the very end: a second signal while the worker ends is safe too.
        defer { signals.cancel() }

        let engine: EngineDescription?
        do {
            engine = try await startup.run { try await start(parts) }
        } catch {
            await end(parts)
            throw error
        }
        guard let engine else {
            await end(parts)
            return
        }
        tell(parts, engine)
        try await work(parts, stop)
    }

    /// At the first order it drains. What the second one, or the end of the grace, finds at work is handed back, unless it
    /// moves its object.
    private static func stopOrder(_ parts: WorkerAssembly) -> StopOrder {
        StopOrder(grace: parts.settings.stopGrace, drain: parts.worker.drain) {
            parts.log(.warning, "the time for what runs is over: what has not begun to move its object is handed back")
            parts.worker.endGrace()
        }
    }

    // MARK: Start

    /// Reaches the ledger, then starts the scanners: last, so that nothing that fails before leaves them running.
    private static func start(_ parts: WorkerAssembly) async throws -> EngineDescription {
        try await opening(parts.ledger, at: parts.ledgerURL, log: parts.log)
        let signatures = parts.signatures
        parts.log(.info, "loading signatures") { $0.field("folder", signatures) }
        if parts.showsStatus { StatusLine.show("loading signatures from \(printable(signatures))") }
        return try await starting(parts.scanners)
    }

    private static func tell(_ parts: WorkerAssembly, _ engine: EngineDescription) {
        parts.log(.info, "started") { json in
            json.field("version", Lazaret.version)
            json.field("queue", parts.settings.queueURL)
            json.field("backfillQueue", parts.settings.backfillQueueURL)
            json.field("pipelines", parts.pipelines.pipelines.map(\.name))
            json.field("engine", engine.engine)
            json.field("signatures", engine.signatures)
            json.field("concurrency", parts.settings.concurrency)
        }
        if !engine.missingLayers.isEmpty {
            parts.log(.warning, "the scanner's sandbox is not whole; --require-sandbox makes that an error") { json in
                json.field("missing", engine.missingLayers)
            }
        }
        if parts.lanes[0].attributes.redrive == nil {
            parts.log(
                .warning, "the queue has no dead-letter queue: a message that always fails comes back for ever")
        }
    }

    // MARK: Work and end

    private static func work(_ parts: WorkerAssembly, _ stop: StopOrder) async throws {
        let status = parts.showsStatus ? Task { await StatusLine(progress: parts.progress).run() } : nil
        let start = ContinuousClock().now
        var failure: (any Error)?
        do {
            try await parts.worker.run(on: WorkThread("lazaret.jobs"))
        } catch {
            failure = error
        }
        let elapsed = ContinuousClock().now - start
        stop.cancel()
        status?.cancel()
        await status?.value

        let usage = await end(parts)
        let summary = RunSummary(
            parts.progress.counts, elapsed: elapsed, scanners: usage, requests: parts.cloud.requests)
        if parts.showsStatus { say(summary.line) } else { summary.write(to: parts.log) }
        if let failure { throw parts.cloud.failure(failure) }
    }

    /// Ends what was started, and what was begun to be.
    @discardableResult private static func end(_ parts: WorkerAssembly) async -> ScannerUsage {
        let usage = await parts.scanners.stop()
        await parts.ledger.close()
        if parts.showsStatus { StatusLine.wipe() }
        return usage
    }
}
