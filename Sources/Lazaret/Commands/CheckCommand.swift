internal import AWS
internal import Domain
internal import Glibc
internal import Inspection
internal import Ledger
internal import Pipelines
internal import ScanProtocol
internal import Support

/// `lazaret check`: everything that `run` will need, tried out, and all that is wrong told at once.
enum CheckCommand {
    static let command = Command(
        words: ["check"],
        abstract:
            "Validates pipelines and settings, reaches every service that `run` will need, and says what is wrong.",
        operands: nil, flags: RunSettings.flags + [.json], run: run)

    private static func run(_ arguments: Arguments) async throws {
        var report = Report(asJSON: arguments.isSet("json"))
        await report.check("flags") { () async throws in
            _ = try RunSettings(arguments)
            let known = Set(Lazaret.commands.flatMap { $0.flags.map(\.variable) })
            let strange = arguments.environment.keys.filter { $0.hasPrefix("LAZARET_") && !known.contains($0) }
            guard strange.isEmpty else {
                return ((), "WARNING: no flag has a variable called \(strange.sorted().joined(separator: ", "))")
            }
            return ((), "as `lazaret run` takes them")
        }
        let pipelines = await report.check("pipelines") { () async throws in
            let set = try loadingPipelines(arguments)
            return (
                set,
                "\(set.pipelines.count) in \(try arguments.required("pipelines")): "
                    + set.pipelines.map(\.name).joined(separator: ", ")
            )
        }
        await report.check("spool") { () async throws in ((), try spoolFolder(arguments)) }
        await report.check("ledger") { () async throws in
            ((), try await ledger(at: arguments.required("ledger")))
        }
        let engine = await report.check("scanner") { () async throws in
            let scanners = Scanners(
                configuration: try scannerConfiguration(arguments, children: 1), log: Log(threshold: .warning))
            let engine = try await starting(scanners)
            _ = await scanners.stop()
            return (engine, "\(engine.engine) with \(engine.signatures)")
        }
        if let engine {
            report.tell(signaturesOf: engine)
            report.tell(sandboxOf: engine)
        }
        let cloud = await report.check("settings") { () async throws in
            let cloud = try await Cloud(arguments, queueURL: arguments.text("queue") ?? "")
            let until = cloud.identity.expiration.map { ", renewed before they expire at \($0)" } ?? ""
            return (cloud, "region \(cloud.settings.region), credentials of \(cloud.identity.origin)\(until)")
        }
        if let cloud { await check(cloud, arguments, pipelines, &report) }
        guard report.failures == 0 else {
            throw CommandFailure(report.status, "\(report.failures) of \(report.count) checks failed")
        }
    }

    /// Opens a ledger that is there. One that is not is left to `run`: made by the user who checks, it might not be
    /// writable to the one who works.
    private static func ledger(at url: String) async throws -> String {
        do {
            try await openLedger(at: url, log: Log(threshold: .error), creating: false).close()
            return "\(try LedgerLocation(url: url))"
        } catch {
            guard error.code == .missing, let location = try? LedgerLocation(url: url) else { throw failure(of: error) }
            switch location {
            case .sqlite(let path):
                let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
                guard unsafe access(folder, W_OK | X_OK) == 0 else { throw failure(of: error) }
                return "\(location), which `lazaret run` will make"
            case .postgres:
                return "\(location), in which `lazaret run` will make the tables"
            }
        }
    }

    private static func check(
        _ cloud: Cloud, _ arguments: Arguments, _ pipelines: PipelineSet?, _ report: inout Report
    ) async {
        // A queue that is not given is told of with the other flags.
        if !cloud.queueURL.isEmpty {
            await report.check("queue") { () async throws in
                let queue = try await cloud.queueAttributes()
                guard let redrive = queue.redrive else {
                    return (
                        (),
                        "\(cloud.queueURL); WARNING: no dead-letter queue, so a message that always fails comes back for ever"
                    )
                }
                return ((), "\(cloud.queueURL), dead letters after \(redrive.maxReceiveCount) receives")
            }
        }
        if let backfill = arguments.text("backfill-queue") {
            await report.check("backfill queue") { () async throws in
                _ = try await cloud.attributes(of: backfill)
                return ((), backfill)
            }
        }
        for bucket in Set(pipelines?.pipelines.flatMap(\.buckets) ?? []).sorted() {
            await report.check("bucket \(bucket)") { () async throws in
                do {
                    try await cloud.s3.headBucket(bucket)
                } catch {
                    throw cloud.failure(error)
                }
                guard let source = pipelines?.pipelines.first(where: { $0.match.bucket == bucket }) else {
                    return ((), "reached")
                }
                return ((), "reached; \(await cloud.s3.sourceBucketFacts(bucket, below: source.match.prefix))")
            }
        }
    }
}

extension Pipeline {
    /// Every bucket that the pipeline reads from or writes to.
    fileprivate var buckets: [String] {
        [match.bucket]
            + Verdict.allCases.compactMap { verdict in
                switch action(for: verdict) {
                case .move(let template, _), .quarantine(let template, _): template.bucket
                case .delete, .keep: nil
                }
            }
    }
}

/// Tells each check as it ends, and counts.
private struct Report {
    let asJSON: Bool
    private(set) var count = 0
    private(set) var failures = 0
    /// How the program should end: a wrong setting outweighs a service that does not answer.
    private(set) var status = ExitStatus.unavailable

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// Runs one check; its value, or nil where it failed.
    @discardableResult
    mutating func check<Value>(_ name: String, _ body: () async throws -> (Value, String)) async -> Value? {
        count += 1
        do {
            let (value, detail) = try await body()
            tell(name, isGood: true, [detail])
            return value
        } catch let failure as CommandFailure {
            fail(name, failure)
        } catch {
            fail(name, CommandFailure(.internalError, "\(error)"))
        }
        return nil
    }

    /// Each database with its age. A set that does not load fails the scanner's own check.
    mutating func tell(signaturesOf engine: EngineDescription) {
        count += 1
        let now = Timestamp.now()
        tell("signatures", isGood: true, SignatureAges.lines(of: engine.databases, now: now)) { json in
            json.objects("databases", engine.databases) { database, json in
                json.field("name", database.name)
                json.field("version", database.version)
                json.field("signatures", database.signatures)
                json.field("built", database.built.description)
                json.field("ageSeconds", max(0, now.duration(since: database.built).components.seconds))
            }
        }
    }

    /// The layers that shut the scanner's children in. One that is missing is a warning: `--require-sandbox` keeps the scanner
    /// from starting instead, which its own check tells.
    mutating func tell(sandboxOf engine: EngineDescription) {
        count += 1
        let given = engine.sandbox.filter(\.isGiven).map(\.name).joined(separator: ", ")
        let missing = engine.missingLayers.joined(separator: ", ")
        let warning = missing.isEmpty ? "" : "; WARNING: this machine does not give \(missing)"
        tell("sandbox", isGood: true, [given + warning]) { json in
            json.objects("layers", engine.sandbox) { layer, json in
                json.field("name", layer.name)
                json.field("given", layer.isGiven)
                json.field("detail", layer.detail)
            }
        }
    }

    private mutating func fail(_ name: String, _ failure: CommandFailure) {
        failures += 1
        if failure.status != .unavailable { status = .configuration }
        tell(name, isGood: false, failure.lines)
    }

    private func tell(
        _ name: String, isGood: Bool, _ lines: [String], more: (inout JSONWriter) -> Void = { _ in }
    ) {
        guard !asJSON else {
            return outputJSON { json in
                json.field("check", name)
                json.field("ok", isGood)
                json.field("detail", lines.joined(separator: "\n"))
                more(&json)
            }
        }
        for (index, line) in lines.enumerated() {
            let head = index == 0 ? "\(isGood ? "ok  " : "FAIL")  \(name)" : ""
            output("\(head.padded(to: 28))  \(printable(line))")
        }
    }
}
