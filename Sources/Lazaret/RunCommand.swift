internal import AWS
internal import Domain
internal import Glibc
internal import Inspection
internal import Intake
internal import Ledger
internal import Listener
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// `lazaret run`: the worker.
enum RunCommand {
    static let command = Command(
        words: ["run"], abstract: "Works on what the queue brings until it is told to stop.", operands: nil,
        flags: RunSettings.flags, run: run)

    private static func run(_ arguments: Arguments) async throws {
        let settings = try RunSettings(arguments)
        let pipelines = try loadingPipelines(arguments)
        let spool = try spoolFolder(arguments)
        let cloud = try await Cloud(arguments, queueURL: settings.queueURL)
        let queue = try await cloud.queueAttributes()
        var lanes = [
            (lane: Lane.live, queue: cloud.sqs, configuration: try intakeConfiguration(settings, .live, queue))
        ]
        if let url = settings.backfillQueueURL {
            let attributes = try await cloud.attributes(of: url)
            lanes.append((.backfill, cloud.queue(url), try intakeConfiguration(settings, .backfill, attributes)))
        }

        let showsStatus = StatusLine.fitsStandardError(environment: arguments.environment)
        let log = showsStatus ? terminalLog(settings.logLevel) : Log(threshold: settings.logLevel)
        let progress = Progress()
        let scanning = try scannerConfiguration(
            arguments, children: settings.scanners, limits: pipelines.pipelines.map(\.limits),
            signatureInterval: settings.signatureInterval)
        // Started last, so that nothing that fails before leaves it running.
        let scanners = Scanners(configuration: scanning, log: log)
        let folder = SpoolFolder(spool)
        let scratch = SpoolFolder(scanning.scratchFolder)
        let scratchWatch = ScratchWatch(folder: scratch, log: log)
        let demand = Demand(pipelines: pipelines, largeOver: settings.largeOver)
        let handout = Handout(
            lanes: Set(lanes.map(\.lane)), shares: settings.shares, need: { demand($0) },
            space: { folder.spoolSpace }, log: log)
        let watch = DiskWatch(folder: folder, handout: handout, log: log)
        let metrics = Locked<@Sendable () -> String>({
            progress.counts.metrics + watch.status.metrics + scratchWatch.metrics + scanners.signatures.metrics
        })
        let listener = try listener(on: settings.listen, log) { metrics.withLock { $0 }() }
        defer { withExtendedLifetime(listener) {} }
        let ledger = PatientLedger(try await openingLedger(at: arguments.required("ledger"), log: log), log: log)
        let intakes = lanes.map { lane, queue, configuration in
            Intake(
                queue: queue, configuration: configuration, lane: lane, handout: handout, wallClock: Timestamp.now,
                mayReceive: { !ledger.isAwaited }, log: log)
        }
        ledger.onChange { for intake in intakes { intake.lookAgain() } }
        metrics.withLock { metrics in
            let others = metrics
            metrics = { others() + IntakeCounters(sumOf: intakes.map(\.counters)).metrics + ledger.metrics }
        }
        let worker = Worker(
            intakes: intakes, handout: handout,
            parts: JobRun.Parts(
                worker: workerName(), pipelines: pipelines, ledger: ledger,
                fetch: RangedFetch(store: cloud.s3, folder: folder),
                relocation: Relocation(store: cloud.s3, configuration: settings.relocation),
                examination: Examination(
                    inspector: PatientInspector(scanners, folder: scratch, share: scanning.scratchShare)),
                claims: ClaimKeeper(ledger: ledger, life: lanes[0].configuration.visibility / 2, log: log),
                scratch: scratch,
                mostWaiting: max(1, settings.concurrency / 2)),
            progress: progress, log: log)
        let stop = StopOrder(grace: settings.stopGrace, drain: worker.drain) {
            log(.warning, "the time for what runs is over: what has not begun to move its object is handed back")
            worker.endGrace()
        }
        let phase = Locked((isLoading: true, isStopping: false))
        let signals = StopSignals { name in
            log(showsStatus ? .warning : .info, "draining") { $0.field("signal", name) }
            stop.give()
            let isLoading = phase.withLock { phase in
                phase.isStopping = true
                return phase.isLoading
            }
            // The engine takes long to load, and nobody waits for it any more.
            if isLoading { Task { await scanners.stop() } }
        }
        // To the very end: a second signal while the worker ends is safe too.
        defer { signals.cancel() }
        let signatures = try arguments.required("signatures")
        log(.info, "loading signatures") { $0.field("folder", signatures) }
        if showsStatus { StatusLine.show("loading signatures from \(printable(signatures))") }
        let engine: EngineDescription
        do {
            engine = try await starting(scanners)
            phase.withLock { $0.isLoading = false }
        } catch {
            _ = await scanners.stop()
            await ledger.close()
            if showsStatus { StatusLine.wipe() }
            if phase.withLock({ $0.isStopping }) { return }
            throw error
        }
        tellStart(settings, pipelines, queue, engine, log)

        let status = showsStatus ? Task { await StatusLine(progress: progress).run() } : nil
        let start = ContinuousClock().now
        var failure: (any Error)?
        do {
            try await worker.run(on: WorkThread("lazaret.jobs"))
        } catch {
            failure = error
        }
        let elapsed = ContinuousClock().now - start
        stop.cancel()

        status?.cancel()
        await status?.value
        let usage = await scanners.stop()
        await ledger.close()
        let summary = RunSummary(progress.counts, elapsed: elapsed, scanners: usage, requests: cloud.requests)
        if showsStatus { say(summary.line) } else { summary.write(to: log) }
        if let failure { throw cloud.failure(failure) }
    }

    private static func tellStart(
        _ settings: RunSettings, _ pipelines: PipelineSet, _ queue: QueueAttributes, _ engine: EngineDescription,
        _ log: Log
    ) {
        log(.info, "started") { json in
            json.field("version", Lazaret.version)
            json.field("queue", settings.queueURL)
            json.field("backfillQueue", settings.backfillQueueURL)
            json.field("pipelines", pipelines.pipelines.map(\.name))
            json.field("engine", engine.engine)
            json.field("signatures", engine.signatures)
            json.field("concurrency", settings.concurrency)
        }
        if !engine.missingLayers.isEmpty {
            log(.warning, "the scanner's cell is not whole; --require-jail makes that an error") { json in
                json.field("missing", engine.missingLayers)
            }
        }
        if queue.redrive == nil {
            log(.warning, "the queue has no dead-letter queue: a message that always fails comes back for ever")
        }
    }

    /// Leases last as long as the queue hides a message by itself; much shorter ones could not be kept up.
    private static func intakeConfiguration(
        _ settings: RunSettings, _ lane: Lane, _ queue: QueueAttributes
    ) throws -> IntakeConfiguration {
        var configuration = IntakeConfiguration(lane, settings.shares)
        configuration.visibility = max(queue.visibilityTimeout ?? .seconds(30), .seconds(10))
        configuration.untilIdle = settings.untilIdle
        configuration.maxReceives = queue.redrive?.maxReceiveCount
        let problems = configuration.validate()
        guard problems.isEmpty else { throw CommandFailure(.configuration, lines: problems) }
        return configuration
    }

    private static func listener(
        on address: ListenAddress?, _ log: Log, metrics: @escaping @Sendable () -> String
    ) throws -> Listener? {
        guard let address else { return nil }
        do {
            let listener = try Listener(on: address) { path in
                switch path {
                case "/healthz": Page("ok\n")
                case "/metrics":
                    Page(contentType: "text/plain; version=0.0.4; charset=utf-8", metrics())
                default: nil
                }
            }
            log(.info, "listening") { json in
                json.field("host", address.host)
                json.field("port", listener.port)
            }
            return listener
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
    }

    /// Names this process among all workers that ever ran: host, process, a random part.
    static func workerName() -> String {
        var room = [CChar](repeating: 0, count: 256)
        unsafe gethostname(&room, room.count - 1)
        let host = String(decoding: room.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(host):\(getpid()):\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }
}
