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
        let result: Result<Void, any Error>
        do {
            try await rescan(request, pipelines, ledger, arguments)
            result = .success(())
        } catch { result = .failure(error) }
        await ledger.close()
        try result.get()
    }

    private static func rescan(
        _ request: ReviewRequest, _ pipelines: PipelineSet, _ ledger: any Ledger, _ arguments: Arguments
    ) async throws {
        // Objects that were inspected with newer signatures already are left out.
        let find = { (serving: [SignatureDatabase]) in
            try await QuarantineFilters.jobs(arguments, states: [.pending, .held], serving: serving, ledger)
        }
        let records = try await find([])
        let run = QuarantineRun(arguments: arguments, verb: "rescan")
        if arguments.isSet("dry-run") {
            _ = try run.confirm(records.map { "\($0.job.id)  \($0.location)" })
            return
        }
        guard !records.isEmpty else { return printNotice("no objects match") }
        let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
        try await run.withScanners(atMost: records.count, pipelines) { inspection in
            try await run.inspect(try await find(inspection.servingSignatures ?? [])) { record in
                await runner.rescan(record.job.id, request, inspection)
            }
        }
    }
}

extension QuarantineRun {
    static let inspecting: [Flag] = [
        .pipelines, .spool, .signatures, .scanners, .requireSandbox, .matching, .verifyMatching,
        Flag("rate", "N/s", "at most this many objects per second, 0.1 to 10000", fallback: "5/s"),
    ]

    /// Runs `body` with scanners.
    ///
    /// - Parameter count: how many objects are inspected at most.
    func withScanners(
        atMost count: Int, _ pipelines: PipelineSet, _ body: (ObjectInspection) async throws -> Void
    ) async throws {
        let scanners = Scanners(
            configuration: try scannerConfiguration(
                arguments, children: min(try arguments.scannerCount(), max(1, count)),
                limits: pipelines.pipelines.map(\.limits)),
            log: Log(threshold: .warning))
        try await startScanners(scanners)
        let result: Result<Void, any Error>
        do {
            try await body(ObjectInspection(inspector: scanners))
            result = .success(())
        } catch { result = .failure(error) }
        _ = await scanners.stop()
        try result.get()
    }

    /// Runs at the rate of `--rate`, by default 5 objects a second.
    func inspect(
        _ records: [JobRecord], _ act: @escaping @Sendable (JobRecord) async -> ReviewOutcome
    ) async throws {
        let limiter = RateLimiter(rate: try arguments.rate("rate") ?? 5)
        try await run(records) { record in
            do { try await limiter.acquire(1) } catch { return .failed("\(error)") }
            return await act(record)
        }
    }
}
