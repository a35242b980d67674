internal import AWS
internal import Domain
internal import Glibc
internal import Inspection
internal import Intake
internal import Notices
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// The parts of a worker, wired together. Creating it reads the queues' attributes; nothing else is connected or
/// started.
struct WorkerAssembly: Sendable {
    let settings: RunSettings
    let ledgerURL: String
    /// The folder of signatures.
    let signatures: String
    let allowsOpenFiles: Bool
    let pipelines: PipelineSet
    let pipelineFiles: PipelineFiles
    let cloud: Cloud
    let lanes: [WorkerLane]
    /// Whether standard error is a terminal: a status line shows the progress, and the log is formatted for people.
    let showsStatus: Bool
    let log: Log
    let progress = Progress()
    let scanners: Scanners
    let ledger: RetryingLedger
    let outages: StoreOutages
    /// What the stores were seen to keep and to ignore.
    let capabilities = StoreCapabilities()
    let intakes: [Intake]
    let worker: Worker
    let notices: NoticeDispatcher
    /// Nil if the stores are not to be asked.
    let survey: StoreSurvey?
    let reviews: ReviewWatch
    /// Nil without `--anchor`.
    let anchors: AnchorKeeper?

    /// - Throws: `CommandFailure`.
    init(_ arguments: Arguments) async throws {
        settings = try RunSettings(arguments)
        try DescriptorLimit.raise(jobs: settings.concurrency)
        ledgerURL = try arguments.required("ledger")
        signatures = try arguments.required("signatures")
        allowsOpenFiles = arguments.isSet("allow-open-files")
        pipelines = try arguments.pipelines()
        let spool = try arguments.spoolFolder()
        cloud = try await Cloud(arguments, queueURL: settings.queueURL).serving(pipelines)
        lanes = try await WorkerLane.all(settings, cloud)
        showsStatus = StatusLine.isSupported(environment: arguments.environment)
        log = showsStatus ? terminalLog(settings.logLevel) : Log(threshold: settings.logLevel)
        pipelineFiles = PipelineFiles(folder: try arguments.required("pipelines"), pipelines, log: log)
        // One child is kept for small objects.
        var scanning = try scannerConfiguration(
            arguments, children: max(2, settings.scanners), limits: pipelines.pipelines.map(\.limits),
            signatureInterval: settings.signatureInterval)
        scanning.largeOver = settings.largeOver
        scanning.shareScratch()
        scanners = Scanners(configuration: scanning, log: log)
        ledger = RetryingLedger(log: log)
        let outages = StoreOutages(pipelines: pipelines, log: log)
        self.outages = outages

        let (folder, scratch) = (SpoolFolder(spool), SpoolFolder(scanning.scratchFolder))
        let estimate = ResourceEstimator(pipelines: pipelines, largeOver: settings.largeOver)
        let dispatcher = WorkDispatcher(
            lanes: Set(lanes.map(\.lane)), capacity: settings.capacity, request: { estimate($0) },
            space: { folder.spoolSpace }, mayStart: { outages.mayStart($0) }, log: log)
        intakes = Self.intakes(lanes, dispatcher, ledger, scanners, outages, log)
        survey =
            arguments.isSet("no-store-survey")
            ? nil : StoreSurvey(cloud: cloud, pipelines: pipelines.pipelines, capabilities: capabilities, log: log)
        let access = { [log, capabilities, copying = settings.copying] (s3: S3Client) in
            StoreAccess(
                fetch: RangedFetch(store: s3, folder: folder, capabilities: capabilities, log: log),
                mover: ObjectMover(store: s3, configuration: copying, capabilities: capabilities, log: log))
        }
        let own = access(cloud.s3)
        reviews = ReviewWatch(ledger: ledger)
        if let place = settings.anchors {
            anchors = AnchorKeeper(
                s3: cloud.s3, bucket: place.bucket, prefix: place.prefix, interval: settings.anchorInterval,
                ledger: ledger, log: log)
        } else {
            anchors = nil
        }
        notices = NoticeDispatcher(
            try cloud.destinations(of: pipelines, environment: arguments.environment), ledger: ledger, log: log)
        worker = Worker(
            intakes: intakes, dispatcher: dispatcher,
            context: WorkerContext(
                worker: workerName(), pipelines: pipelines, ledger: ledger,
                fetch: own.fetch, mover: own.mover, others: cloud.mapOthers(access),
                inspection: ObjectInspection(
                    inspector: RetryingInspector(scanners, folder: scratch, childLimit: scanning.childScratchLimit),
                    program: Lazaret.build),
                claims: ClaimKeeper(ledger: ledger, life: lanes[0].configuration.visibility / 2, log: log),
                scratch: scratch, outages: outages, maxWaiters: max(1, settings.concurrency / 2),
                onNotices: { [notices] in notices.wake() }),
            progress: progress, log: log)
    }

    /// One intake per lane. None receives while work waits for the ledger or for S3, or no scanner runs: messages would
    /// only use up their receives.
    private static func intakes(
        _ lanes: [WorkerLane], _ dispatcher: WorkDispatcher, _ ledger: RetryingLedger, _ scanners: Scanners,
        _ outages: StoreOutages, _ log: Log
    ) -> [Intake] {
        let intakes = lanes.map { lane in
            Intake(
                queue: lane.queue, configuration: lane.configuration, lane: lane.lane, dispatcher: dispatcher,
                mayReceive: { !ledger.isAwaited && ledger.loss == nil && !scanners.isDown },
                receiveCap: { outages.receiveCap }, log: log)
        }
        ledger.onChange { for intake in intakes { intake.recheck() } }
        outages.onChange { for intake in intakes { intake.recheck() } }
        scanners.onServing { for intake in intakes { intake.recheck() } }
        return intakes
    }
}

/// A name for this process that no other worker has: host, process ID, random number.
func workerName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    unsafe gethostname(&buffer, buffer.count - 1)
    let host = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return "\(host):\(getpid()):\(String(UInt32.random(in: .min ... .max), radix: 16))"
}
