internal import AWS
internal import Domain
internal import Glibc
internal import Inspection
internal import Ledger
internal import Pipelines
internal import ScanProtocol
internal import Support

/// `lazaret check`: tries everything that `lazaret run` needs, and reports every problem at once.
enum CheckCommand {
    static let command = Command(
        words: ["check"],
        abstract:
            "Validates pipelines and settings, connects to every service that `run` needs, and reports every problem.",
        operands: nil,
        flags: RunSettings.flags + [
            .json,
            Flag("pipelines-only", "check the pipelines alone, without a queue, credentials or a network"),
            Flag(
                "write",
                "write two small objects to each destination, see what the store does with them, and delete them; send a test notice to each destination of notices"
            ),
            Flag(
                "max-signature-age", "AGE",
                "fail if the newest signatures are older than this, such as 3d or 36h (default: warn after 3 days)"),
        ], run: run)

    private static func run(_ arguments: Arguments) async throws {
        var report = CheckReport(asJSON: arguments.isSet("json"))
        if arguments.isSet("pipelines-only") {
            await checkPipelines(arguments, &report)
        } else {
            await checkAll(arguments, &report)
        }
        guard report.failures == 0 else {
            throw CommandFailure(report.status, "\(report.failures) of \(report.count) checks failed")
        }
    }

    private static func checkAll(_ arguments: Arguments, _ report: inout CheckReport) async {
        await report.check("flags") { () async throws in ((), try flags(arguments)) }
        let pipelines = await checkPipelines(arguments, &report)
        await checkMachine(arguments, pipelines, &report)
        await report.check("ledger") { () async throws in
            let url = try arguments.required("ledger")
            let text = try await ledger(at: url)
            let warning = try LedgerLocation(url: url).unverifiedServer(environment: arguments.environment)
            return ((), text + (warning.map { "\nWARNING: \($0)" } ?? ""))
        }
        let engine = await report.check("scanner") { () async throws in
            let engine = try await Self.engine(arguments)
            return (engine, "\(engine.engine) with \(engine.signatures)")
        }
        if let engine {
            report.addSignatures(of: engine)
            if arguments.text("max-signature-age") != nil {
                await report.check("signature age") { () async throws in
                    ((), try SignatureAges.check(engine.built, notOver: arguments.age("max-signature-age")))
                }
            }
            report.addMatching(of: engine)
            report.addSandbox(of: engine)
        }
        let cloud = await report.check("settings") { () async throws in
            let cloud = try await Cloud(arguments, queueURL: arguments.text("queue") ?? "")
            let until = cloud.identity.expiration.map { ", renewed before they expire at \($0)" } ?? ""
            return (
                pipelines.map(cloud.serving) ?? cloud,
                "region \(cloud.settings.region), credentials from \(cloud.identity.origin)\(until)"
            )
        }
        if let cloud { await checkServices(of: cloud, arguments, pipelines, &report) }
    }

    @discardableResult
    private static func checkPipelines(_ arguments: Arguments, _ report: inout CheckReport) async -> PipelineSet? {
        await report.check("pipelines") { () async throws in
            let set = try arguments.pipelines()
            let names = set.pipelines.map(\.name).joined(separator: ", ")
            let lines =
                ["\(set.pipelines.count) in \(try arguments.required("pipelines")): \(names)"]
                + set.pipelines.map { "\($0.name): declared-type: \($0.accept.declaredType.effect)" }
                + set.warnings.map { "WARNING: \($0)" } + set.notes.map(\.description)
            return (set, lines.joined(separator: "\n"))
        }
    }

    private static func flags(_ arguments: Arguments) throws -> String {
        _ = try RunSettings(arguments)
        return StartWarnings.unknownVariables(arguments.environment).map { "WARNING: \($0)" }
            ?? "valid for `lazaret run`"
    }

    /// Opens the ledger if it exists. A missing one is left for `lazaret run` to create: if this user created it, the
    /// worker's user might not be able to write to it.
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
                return "\(location), which `lazaret run` will create"
            case .postgres:
                return "\(location), in which `lazaret run` will create the tables"
            }
        }
    }

    private static func engine(_ arguments: Arguments) async throws -> EngineDescription {
        let scanners = Scanners(
            configuration: try scannerConfiguration(arguments, children: 1), log: Log(threshold: .warning))
        let engine = try await startScanners(scanners)
        _ = await scanners.stop()
        return engine
    }
}

extension Acceptance.DeclaredType {
    /// What is in force, for `lazaret check`.
    fileprivate var effect: String {
        switch self {
        case .mustAgree: "\(rawValue): an upload whose bytes contradict its Content-Type is rejected"
        case .warn: "\(rawValue): a contradicted Content-Type is a finding, and the verdict stays"
        case .ignore: "\(rawValue): the Content-Type of an upload is not looked at"
        }
    }
}
