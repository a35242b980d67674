internal import Intake
internal import Listener
internal import Support
internal import Transfer

/// What a worker is told by flags and variables, checked before anything is reached or started.
struct RunSettings: Sendable {
    let queueURL: String
    /// The second queue, which gets what the first one leaves.
    let backfillQueueURL: String?
    let backfillWeight: Int
    let concurrency: Int
    /// Bytes; an object of more does not take the places that are kept for small ones.
    let largeOver: Int64
    /// Bytes of spool that all jobs under way may take on disk.
    let spoolLimit: Int64?
    let scanners: Int
    let untilIdle: Duration?
    let listen: ListenAddress?
    /// How long after the wish to stop what runs may go on.
    let stopGrace: Duration
    /// How often the signature folder is looked at.
    let signatureInterval: Duration
    let logLevel: Log.Level
    let relocation: Relocation.Configuration

    static let flags: [Flag] = [
        .queue, .pipelines, .ledger, .signatures, .spool, .scanners, .requireSandbox,
        Flag("spool-limit", "SIZE", "spool on disk that jobs under way may take together (default: all but a reserve)"),
        Flag("concurrency", "N", "jobs under way at once", fallback: "16"),
        Flag(
            "large-over", "SIZE", "a quarter of the jobs under way, one at least, is kept for objects up to this size",
            fallback: "64MiB"),
        Flag("backfill-queue", "URL", "a second queue, whose objects do not hold up those of the first"),
        Flag(
            "backfill-weight", "N", "of 8 jobs begun while both queues have work, so many are the backfill's; 1 to 7",
            fallback: "1"),
        Flag("until-idle", "SECONDS", "end with 0 once nothing is under way and the queue gave nothing for so long"),
        Flag(
            "stop-grace", "SECONDS",
            "after SIGTERM or SIGINT let what runs go on for so long; then hand back what has not begun to move its object",
            fallback: "20"),
        Flag("listen", "HOST:PORT", "answer /healthz and /metrics there (default: do not listen)"),
        Flag(
            "signature-interval", "SECONDS", "look at the signatures so often, and switch to new ones", fallback: "10"),
        Flag(
            "copy-in-parts-over", "SIZE",
            "copy larger objects in parts, several at a time; S3 copies no more in one request",
            fallback: "5GiB"),
        Flag("copy-part-size", "SIZE", "bytes of each such part", fallback: "512MiB"),
        Flag("log-level", "LEVEL", "debug, info, warning or error", fallback: "info"),
    ]

    /// - Throws: one failure that names all that is wrong.
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
                "\(arguments.origin(of: "backfill-queue")) is the same queue as --queue: give it one of its own")
        }
        let concurrency = try read { try arguments.integer("concurrency", in: 1...1024) }
        let scanners = try read { try arguments.scannerCount() }
        untilIdle = try read { try arguments.seconds("until-idle") }
        let stopGrace = try read { try arguments.seconds("stop-grace") }
        listen = try read { try Self.address(arguments) }
        let signatureInterval = try read { try arguments.seconds("signature-interval") }
        let logLevel = try read { try arguments.choice("log-level", of: Log.Level.self) }
        // S3 takes no smaller part than 5 MiB, and no larger one than 5 GiB.
        let partsOver = try read { try arguments.byteCount("copy-in-parts-over", in: 0...(5 << 30)) }
        let partSize = try read { try arguments.byteCount("copy-part-size", in: 5 << 20...5 << 30) }
        guard problems.isEmpty, let queueURL, let concurrency, let scanners, let signatureInterval, let logLevel,
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
        self.logLevel = logLevel
        var relocation = Relocation.Configuration()
        relocation.copyInPartsOver = partsOver
        relocation.partSize = partSize
        self.relocation = relocation
    }

    /// How permits and spool are shared.
    var capacity: Capacity {
        var capacity = Capacity(permits: concurrency)
        capacity.backfillWeight = backfillWeight
        capacity.spoolLimit = spoolLimit
        return capacity
    }

    private static func address(_ arguments: Arguments) throws -> ListenAddress? {
        guard let text = arguments.text("listen") else { return nil }
        guard let address = ListenAddress(text) else {
            throw CommandFailure(
                .usage,
                "\(arguments.origin(of: "listen")) takes HOST:PORT, as 127.0.0.1:9464 or [::1]:9464, not '\(text)'")
        }
        return address
    }
}
