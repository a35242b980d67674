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
        flags: [
            .queue, .pipelines, .ledger, .signatures, .spool, .scanners,
            Flag("concurrency", "N", "jobs under way at once", fallback: "16"),
            Flag(
                "until-idle", "SECONDS", "end with 0 once nothing is under way and the queue gave nothing for so long"),
            Flag("listen", "HOST:PORT", "answer /healthz and /metrics there (default: do not listen)"),
            Flag("log-level", "LEVEL", "debug, info, warning or error", fallback: "info"),
        ],
        run: run)

    private static func run(_ arguments: Arguments) async throws {
        let level = try arguments.choice("log-level", of: Log.Level.self) ?? .info
        let showsStatus = isatty(STDERR_FILENO) == 1
        // On a terminal the status line tells of what goes well.
        let log = Log(threshold: showsStatus ? max(level, .warning) : level)
        let concurrency = try arguments.integer("concurrency", in: 1...1024)!
        let untilIdle = try arguments.seconds("until-idle")
        let pipelines = try loadingPipelines(arguments)
        let cloud = try await Cloud(arguments)
        let spool = try spoolFolder(arguments)
        let queue = try await cloud.queueAttributes()

        let scanners = try Scanners(
            configuration: scannerConfiguration(arguments, children: arguments.scannerCount()), log: log)
        let engine = try await starting(scanners)
        let ledger = try await openingLedger(at: arguments.required("ledger"), log: log)
        log(.info, "started") { json in
            json.field("version", Lazaret.version)
            json.field("queue", cloud.queueURL)
            json.field("pipelines", pipelines.pipelines.map(\.name))
            json.field("engine", engine.engine)
            json.field("signatures", engine.signatures)
            json.field("concurrency", concurrency)
        }
        if queue.redrive == nil {
            log(.warning, "the queue has no dead-letter queue: a message that always fails comes back for ever")
        }

        // Leases last as long as the queue hides a message by itself; much shorter ones could not be kept up.
        let visibility = max(queue.visibilityTimeout ?? .seconds(30), .seconds(10))
        let progress = Progress()
        let listener = try listener(arguments, progress, log)
        defer { withExtendedLifetime(listener) {} }
        let worker = Worker(
            intake: try intake(cloud, concurrency: concurrency, visibility: visibility, untilIdle, log),
            parts: JobRun.Parts(
                worker: workerName(), pipelines: pipelines, ledger: ledger,
                fetch: RangedFetch(store: cloud.s3, directory: spool), relocation: Relocation(store: cloud.s3),
                examination: Examination(inspector: scanners),
                claims: ClaimKeeper(ledger: ledger, life: visibility / 2, log: log)),
            concurrency: concurrency, progress: progress, log: log)
        let signals = StopSignals { name in
            log(.info, "draining") { $0.field("signal", name) }
            worker.drain()
        }
        let status = showsStatus ? Task { await StatusLine(progress: progress).run() } : nil
        let start = ContinuousClock().now
        var failure: (any Error)?
        do {
            try await withTaskExecutorPreference(WorkThread("lazaret.jobs")) { try await worker.run() }
        } catch {
            failure = error
        }
        let elapsed = ContinuousClock().now - start

        status?.cancel()
        await status?.value
        signals.cancel()
        let usage = await scanners.stop()
        await ledger.close()
        let summary = RunSummary(progress.counts, elapsed: elapsed, scanners: usage, requests: cloud.requests)
        if showsStatus { say(summary.line) } else { summary.write(to: log) }
        if let failure { throw cloud.failure(failure) }
    }

    private static func listener(_ arguments: Arguments, _ progress: Progress, _ log: Log) throws -> Listener? {
        guard let text = arguments.text("listen") else { return nil }
        guard let address = ListenAddress(text) else {
            throw CommandFailure(.usage, "--listen takes HOST:PORT, as 127.0.0.1:9464 or [::1]:9464, not '\(text)'")
        }
        do {
            let listener = try Listener(on: address) { path in
                switch path {
                case "/healthz": Page("ok\n")
                case "/metrics":
                    Page(contentType: "text/plain; version=0.0.4; charset=utf-8", progress.counts.metrics)
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

    private static func intake(
        _ cloud: Cloud, concurrency: Int, visibility: Duration, _ untilIdle: Duration?, _ log: Log
    ) throws -> Intake {
        var configuration = IntakeConfiguration(concurrency: concurrency)
        configuration.visibility = visibility
        configuration.untilIdle = untilIdle
        return Intake(queue: cloud.sqs, configuration: configuration, wallClock: Timestamp.now, log: log)
    }

    /// Names this process among all workers that ever ran: host, process, a random part.
    private static func workerName() -> String {
        var room = [CChar](repeating: 0, count: 256)
        unsafe gethostname(&room, room.count - 1)
        let host = String(decoding: room.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "\(host):\(getpid()):\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }
}
