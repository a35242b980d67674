internal import Domain
internal import Glibc
internal import Inspection
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// `lazaret scan`: the worker's inspection and rules, applied to local files.
enum ScanCommand {
    static let command = Command(
        words: ["scan"],
        abstract: "Inspects local files as the worker would, and prints the verdicts. Nothing is moved.",
        operands: "PATH...",
        flags: [
            Flag("pipeline", "NAME", "apply the rules of this pipeline (default: only scan)"),
            .pipelines, .signatures, .spool, .scanners, .requireSandbox, .json,
        ]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(.usage, "`lazaret scan` needs a path; it does not read standard input")
        }
        let pipeline = try pipeline(arguments)
        let spool = try arguments.spoolFolder()
        let log = Log(threshold: .warning)
        let scanners = Scanners(configuration: try configuration(arguments, pipeline: pipeline), log: log)
        try await startScanners(scanners)
        let inspection = ObjectInspection(inspector: scanners)
        var failures: [String] = []
        var status = ExitStatus.badData
        var worst = Verdict.clean
        for path in arguments.operands {
            do {
                let judgement = try await judge(path, pipeline, inspection, spool: spool)
                worst = max(worst, judgement.verdict)
                printResult(path, judgement, asJSON: arguments.isSet("json"))
            } catch let error as SystemError {
                // The error names the path.
                failures.append("\(error)")
            } catch {
                failures.append("\(path): \(error)")
                status = .unavailable
            }
        }
        _ = await scanners.stop()
        guard failures.isEmpty else { throw CommandFailure(status, lines: failures) }
        if worst > .clean { throw CommandFailure(.notClean) }
    }

    /// At most one child per file, all with the same signatures.
    static func configuration(_ arguments: Arguments, pipeline: Pipeline?) throws -> ScannerConfiguration {
        try scannerConfiguration(
            arguments, children: min(arguments.scannerCount(), arguments.operands.count),
            limits: pipeline.map { [$0.limits] } ?? [])
    }

    /// The pipeline whose rules apply; nil to scan only.
    static func pipeline(_ arguments: Arguments) throws -> Pipeline? {
        guard let name = arguments.text("pipeline") else { return nil }
        let set = try arguments.pipelines()
        guard let pipeline = set[name] else {
            let known = set.pipelines.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "unknown pipeline '\(name)'; known pipelines: \(known)")
        }
        return pipeline
    }

    private static func judge(
        _ path: String, _ pipeline: Pipeline?, _ inspection: ObjectInspection, spool: String
    ) async throws -> Judgement {
        let bytes = try SpooledBytes.copying(file: path, into: spool)
        if let pipeline, let early = inspection.judgement(ofSize: bytes.size, pipeline: pipeline) { return early }
        return try await inspection.judge(bytes, declared: nil, pipeline: pipeline) {}
    }

    private static func printResult(_ path: String, _ judgement: Judgement, asJSON: Bool) {
        let evidence = judgement.evidence
        guard asJSON else {
            let findings = judgement.findings.map { $0.detail.isEmpty ? $0.name : "\($0.name) (\($0.detail))" }
            let type = evidence.detectedType ?? "type not checked"
            let tail = findings.isEmpty ? "" : ": " + findings.joined(separator: ", ")
            return output("\(printable(path))  \(judgement.verdict.rawValue)\(printable(tail))  [\(type)]")
        }
        outputJSON { json in
            json.field("path", path)
            json.field("verdict", judgement.verdict.rawValue)
            json.objects("findings", judgement.findings) { finding, json in
                json.field("kind", finding.kind.rawValue)
                json.field("name", finding.name)
                json.field("detail", finding.detail)
                json.field("path", finding.path)
            }
            json.field("type", evidence.detectedType)
            json.field("sha256", evidence.sha256)
            json.object("evidence") { Evidence?.some(evidence).write(to: &$0) }
        }
    }
}
