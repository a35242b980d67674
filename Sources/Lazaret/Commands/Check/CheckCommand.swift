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
        operands: nil, flags: RunSettings.flags + [.json], run: run)

    private static func run(_ arguments: Arguments) async throws {
        var report = CheckReport(asJSON: arguments.isSet("json"))
        await report.check("flags") { () async throws in ((), try flags(arguments)) }
        let pipelines = await report.check("pipelines") { () async throws in
            let set = try arguments.pipelines()
            let names = set.pipelines.map(\.name).joined(separator: ", ")
            return (set, "\(set.pipelines.count) in \(try arguments.required("pipelines")): \(names)")
        }
        await report.check("spool") { () async throws in ((), try arguments.spoolFolder()) }
        await report.check("ledger") { () async throws in
            ((), try await ledger(at: arguments.required("ledger")))
        }
        let engine = await report.check("scanner") { () async throws in
            let engine = try await Self.engine(arguments)
            return (engine, "\(engine.engine) with \(engine.signatures)")
        }
        if let engine {
            report.addSignatures(of: engine)
            report.addSandbox(of: engine)
        }
        let cloud = await report.check("settings") { () async throws in
            let cloud = try await Cloud(arguments, queueURL: arguments.text("queue") ?? "")
            let until = cloud.identity.expiration.map { ", renewed before they expire at \($0)" } ?? ""
            return (cloud, "region \(cloud.settings.region), credentials from \(cloud.identity.origin)\(until)")
        }
        if let cloud { await checkServices(of: cloud, arguments, pipelines, &report) }
        guard report.failures == 0 else {
            throw CommandFailure(report.status, "\(report.failures) of \(report.count) checks failed")
        }
    }

    private static func flags(_ arguments: Arguments) throws -> String {
        _ = try RunSettings(arguments)
        let known = Set(Lazaret.commands.flatMap { $0.flags.map(\.variable) })
        let unknown = arguments.environment.keys.filter { $0.hasPrefix("LAZARET_") && !known.contains($0) }
        guard unknown.isEmpty else {
            return "WARNING: no flag belongs to the variable \(unknown.sorted().joined(separator: ", "))"
        }
        return "valid for `lazaret run`"
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
