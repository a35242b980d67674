internal import Domain
internal import Inspection
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret quarantine rescan`: quarantined objects under today's rules and signatures.
enum QuarantineRescanCommand {
    static let command = Command(
        words: ["quarantine", "rescan"],
        abstract: "Inspects quarantined objects again and reports changed verdicts. Nothing is moved.",
        operands: "[JOB...]",
        flags: QuarantineRun.inspecting + QuarantineFilters.acting.filter { $0.name != "yes" }
    ) { arguments in
        let request = try arguments.reviewRequest()
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let records = try await QuarantineFilters.jobs(arguments, states: [.pending, .held], ledger)
        let run = QuarantineRun(arguments: arguments, verb: "rescan")
        if arguments.isSet("dry-run") {
            _ = try run.confirm(records.map { "\($0.job.id)  \($0.location)" })
            return await ledger.close()
        }
        let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
        let result: Result<Void, any Error>
        do {
            try await run.inspect(records, pipelines) { record, inspection in
                await runner.rescan(record.job.id, request, inspection)
            }
            result = .success(())
        } catch { result = .failure(error) }
        await ledger.close()
        try result.get()
    }
}

extension QuarantineRun {
    static let inspecting: [Flag] = [
        .pipelines, .spool, .signatures, .scanners, .requireSandbox, .matching, .verifyMatching,
        Flag("rate", "N/s", "at most this many objects per second, 0.1 to 10000", fallback: "5/s"),
    ]

    /// Runs with scanners, at the rate of `--rate`, by default 5 objects a second.
    func inspect(
        _ records: [JobRecord], _ pipelines: PipelineSet,
        _ act: @escaping @Sendable (JobRecord, ObjectInspection) async -> ReviewOutcome
    ) async throws {
        let limiter = RateLimiter(rate: try arguments.rate("rate") ?? 5)
        let scanners = Scanners(
            configuration: try scannerConfiguration(
                arguments, children: min(try arguments.scannerCount(), max(1, records.count)),
                limits: pipelines.pipelines.map(\.limits)),
            log: Log(threshold: .warning))
        try await startScanners(scanners)
        let inspection = ObjectInspection(inspector: scanners)
        let result: Result<Void, any Error>
        do {
            try await run(records) { record in
                do { try await limiter.acquire(1) } catch { return .failed("\(error)") }
                return await act(record, inspection)
            }
            result = .success(())
        } catch { result = .failure(error) }
        _ = await scanners.stop()
        try result.get()
    }
}
