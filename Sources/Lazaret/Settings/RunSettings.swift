internal import Intake
internal import Listener
internal import Support
internal import Transfer

/// The settings of `lazaret run`, validated before anything is connected or started.
struct RunSettings: Sendable {
    let queueURL: String
    /// A second queue, with lower priority.
    let backfillQueueURL: String?
    let backfillWeight: Int
    let concurrency: Int
    /// Bytes. Larger objects may not use the permits reserved for small ones.
    let largeOver: Int64
    /// Bytes on disk that the spools of all running jobs may take together.
    let spoolLimit: Int64?
    let scanners: Int
    let untilIdle: Duration?
    let listen: ListenAddress?
    /// How long running jobs may go on after a stop request.
    let stopGrace: Duration
    /// How often the signature folder is checked for changes.
    let signatureInterval: Duration
    /// Where the head of the ledger's chain is kept, and how often.
    let anchors: (bucket: String, prefix: String)?
    let anchorInterval: Duration
    let logLevel: Log.Level
    let copying: ObjectCopier.Configuration

    static let flags: [Flag] = [
        .queue, .pipelines, .ledger, .signatures, .spool, .scanners, .requireSandbox, .matching, .verifyMatching,
        .allowOpenFiles,
        Flag(
            "spool-limit", "SIZE", "disk space for the spools of all running jobs together (default: all but a reserve)"
        ),
        Flag("concurrency", "N", "jobs that run at once", fallback: "16"),
        Flag(
            "large-over", "SIZE", "a quarter of --concurrency, at least 1, is reserved for objects up to this size",
            fallback: "64MiB"),
        Flag("backfill-queue", "URL", "a second queue with lower priority: its objects don't hold up those of --queue"),
        Flag(
            "backfill-weight", "N",
            "of 8 jobs started while both queues have work, how many are from the backfill queue; 1 to 7",
            fallback: "1"),
        Flag("until-idle", "SECONDS", "exit with 0 once no job has run and no message has come for this long"),
        Flag(
            "stop-grace", "SECONDS",
            "after SIGTERM or SIGINT, let jobs run on for this long; then those that have not started moving their object go back to the queue",
            fallback: "20"),
        Flag("listen", "HOST:PORT", "serve /healthz, /readyz and /metrics on this address (default: don't listen)"),
        Flag(
            "signature-interval", "SECONDS", "how often to check for new signatures, which are then loaded",
            fallback: "10"),
        Flag(
            "copy-in-parts-over", "SIZE",
            "copy larger objects by multipart copy; S3 copies at most 5GiB in one request",
            fallback: "5GiB"),
        Flag("copy-part-size", "SIZE", "part size of a multipart copy", fallback: "512MiB"),
        Flag("anchor", "URL", "keep the head of the ledger's hash chain in objects below s3://BUCKET/PREFIX"),
        Flag("anchor-interval", "SECONDS", "how often to do so", fallback: "3600"),
        Flag("no-store-survey", "don't ask the buckets' stores at start which of S3's abilities they lack"),
        Flag(
            "log-level", "LEVEL", "debug, info, warning or error", fallback: "info",
            choices: Log.Level.allCases.map(\.rawValue)),
    ]

    /// - Throws: one `CommandFailure` that lists every mistake.
    init(_ arguments: Arguments) throws {
        var problems: [String] = []
        func read<Value>(_ value: () throws -> Value?) throws -> Value? {
            do {
                return try value()
            } catch let failure as CommandFailure {
                problems += failure.lines
                return nil
            }
        }
        let queueURL = try read { try arguments.required("queue") }
        backfillQueueURL = arguments.text("backfill-queue")
        let backfillWeight = try read { try arguments.integer("backfill-weight", in: 1...7) }
        let largeOver = try read { try arguments.byteCount("large-over") }
        spoolLimit = try read { try arguments.byteCount("spool-limit") }
        if let backfillQueueURL, backfillQueueURL == queueURL {
            problems.append(
                "\(arguments.origin(of: "backfill-queue")) must not be the same queue as --queue")
        }
        let concurrency = try read { try arguments.integer("concurrency", in: 1...1024) }
        let scanners = try read { try arguments.scannerCount() }
        untilIdle = try read { try arguments.seconds("until-idle") }
        let stopGrace = try read { try arguments.seconds("stop-grace") }
        listen = try read { try arguments.listenAddress("listen") }
        let signatureInterval = try read { try arguments.seconds("signature-interval") }
        anchors = try read { try arguments.text("anchor").map(Arguments.place) }
        let anchorInterval = try read { try arguments.seconds("anchor-interval") }
        let logLevel = try read { try arguments.choice("log-level", of: Log.Level.self) }
        // S3 takes parts from 5 MiB to 5 GiB.
        let partsOver = try read { try arguments.byteCount("copy-in-parts-over", in: 0...(5 << 30)) }
        let partSize = try read { try arguments.byteCount("copy-part-size", in: 5 << 20...5 << 30) }
        guard problems.isEmpty, let queueURL, let concurrency, let scanners, let signatureInterval, let logLevel,
            let anchorInterval,
            let stopGrace, let partsOver, let partSize, let backfillWeight, let largeOver
        else {
            throw CommandFailure(.usage, lines: problems)
        }
        self.queueURL = queueURL
        self.backfillWeight = backfillWeight
        self.largeOver = largeOver
        self.concurrency = concurrency
        self.scanners = scanners
        self.stopGrace = stopGrace
        self.signatureInterval = signatureInterval
        self.anchorInterval = anchorInterval
        self.logLevel = logLevel
        var copying = ObjectCopier.Configuration()
        copying.multipartThreshold = partsOver
        copying.partSize = partSize
        self.copying = copying
    }

    var capacity: Capacity {
        var capacity = Capacity(permits: concurrency)
        capacity.backfillWeight = backfillWeight
        capacity.spoolLimit = spoolLimit
        return capacity
    }
}
