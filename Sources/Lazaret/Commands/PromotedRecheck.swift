internal import Domain
internal import Ledger
internal import Pipelines
internal import Support
internal import Worker

/// `lazaret backfill --promoted`: promoted objects under today's rules and signatures. What is infected is taken into
/// quarantine, or reported only, as the pipeline's `recheck` says.
enum PromotedRecheck {
    /// Those that the plain backfill does not have.
    static let flags: [Flag] = [
        Flag("promoted", "inspect promoted objects again, the latest first, instead of sending objects to the queue"),
        Flag(
            "signatures-before", "VERSION",
            "with --promoted: only those judged with signatures older than this: 27000 (daily), main:62, or a build date"
        ),
        Flag("older-than", "AGE", "with --promoted: only those that were received longer ago: 30m, 24h, 7d"),
        Flag("at-most", "N", "with --promoted: stop after this many objects (default: 10000)"),
        Flag("pipeline", "P", "with --promoted: only objects of this pipeline"),
        Flag("reason", "TEXT", "with --promoted: why, for the record and the audit trail"),
        .spool, .signatures, .scanners, .requireSandbox, .matching, .verifyMatching,
    ]

    /// - Throws: if a flag is given that the plain backfill does not have.
    static func refuseFlags(_ arguments: Arguments) throws {
        // A variable may be meant for another command.
        for flag in flags where arguments.isGiven(flag.name) {
            throw CommandFailure(.usage, "--\(flag.name) needs --promoted")
        }
    }

    static func run(_ arguments: Arguments) async throws {
        let query = try query(arguments)
        let most = try arguments.integer("at-most", in: 1...100_000) ?? 10_000
        let request = try arguments.reviewRequest()
        let pipelines = try arguments.pipelines()
        let ledger = try await openExistingLedger(arguments)
        let result: Result<Void, any Error>
        do {
            try await recheck(query, most, request, pipelines, ledger, arguments)
            result = .success(())
        } catch { result = .failure(error) }
        await ledger.close()
        try result.get()
    }

    private static func query(_ arguments: Arguments) throws -> JobQuery {
        let now = Timestamp.now()
        var query = JobQuery(
            disposition: .promoted, signaturesBefore: try JobFilters.signatureCutoff(arguments, now: now),
            pipeline: arguments.text("pipeline"), since: try arguments.time("since", now: now),
            until: try arguments.time("until", now: now))
        // What was recalled is left to its review.
        query.hasNoReview = true
        if let age = try arguments.text("older-than").map({ _ in try arguments.age("older-than") }) {
            let before = now.advanced(by: .zero - age)
            query.until = query.until.map { min($0, before) } ?? before
        }
        guard arguments.operands.count <= 1 else {
            throw CommandFailure(.usage, "`lazaret backfill --promoted` takes at most one s3://BUCKET/PREFIX")
        }
        if let place = try arguments.operands.first.map(Arguments.place) {
            (query.bucket, query.prefix) = (place.bucket, place.prefix)
        }
        if let text = arguments.text("start-after") {
            guard let job = JobID(text) else {
                throw CommandFailure(.usage, "\(arguments.origin(of: "start-after")) takes a job ID with --promoted")
            }
            query.before = job
        }
        return query
    }

    private static func recheck(
        _ query: JobQuery, _ most: Int, _ request: ReviewRequest, _ pipelines: PipelineSet, _ ledger: any Ledger,
        _ arguments: Arguments
    ) async throws {
        // Objects that were inspected with newer signatures already are left out.
        let find = { (serving: [SignatureDatabase]) in
            var query = query
            (query.limit, query.servingSignatures) = (most + 1, serving)
            return try await readLedger { [query] () async throws(LedgerError) in
                var found: [JobRecord] = []
                _ = try await ledger.eachPage(of: query) { found += $0 }
                return found
            }
        }
        var run = QuarantineRun(arguments: arguments, verb: "recheck")
        run.resume = { last in last.map { "go on with --start-after \($0.job.id)" } ?? "run it again" }
        var found = try await find([])
        if found.isEmpty {
            printNotice("no objects match")
        } else if arguments.isSet("dry-run") {
            _ = try run.confirm(found.prefix(most).map { "\($0.job.id)  \($0.destination?.location ?? $0.location)" })
        } else {
            let runner = ReviewRunner(try await arguments.reviewContext(pipelines, ledger))
            try await run.withScanners(atMost: min(found.count, most), pipelines) { [run] inspection in
                found = try await find(inspection.servingSignatures ?? [])
                guard !found.isEmpty else { return printNotice("no objects match") }
                let records = Array(found.prefix(most))
                try await record(records.count, request, ledger)
                try await run.inspect(records) { record in
                    await runner.recheck(record.job.id, request, inspection)
                }
            }
        }
        if found.count > most { printNotice("more objects match: \(run.resume(found[most - 1]))") }
    }

    /// One entry for the run; each object that is recalled has its own.
    private static func record(_ count: Int, _ request: ReviewRequest, _ ledger: any Ledger) async throws {
        let entry = AuditEntry(
            at: .now(), actor: request.actor, action: "recheck", subject: "promoted objects",
            reason: "\(count) objects: \(request.reason)")
        try await readLedger { () async throws(LedgerError) in try await ledger.audit(entry) }
    }
}
