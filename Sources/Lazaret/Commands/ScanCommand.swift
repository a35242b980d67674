internal import Domain
internal import Glibc
internal import Inspection
internal import Ledger
internal import Pipelines
internal import Support
internal import Transfer
internal import Worker

/// `lazaret scan`: the worker's own inspection and rules, on local files.
enum ScanCommand {
    static let command = Command(
        words: ["scan"],
        abstract: "Inspects local files as the worker would, and says what it would find. Nothing is moved.",
        operands: "PATH...",
        flags: [
            Flag("pipeline", "NAME", "judge by the rules of this pipeline (default: the scan alone)"),
            .pipelines, .signatures, .spool, .scanners, .requireSandbox, .json,
        ]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(.usage, "`lazaret scan` needs a path; `-` is not one")
        }
        let pipeline = try pipeline(arguments)
        let spool = try spoolFolder(arguments)
        let log = Log(threshold: .warning)
        let scanners = Scanners(configuration: try scanning(arguments, by: pipeline), log: log)
        try await starting(scanners)
        let examination = ObjectInspection(inspector: scanners)
        var failures: [String] = []
        var status = ExitStatus.badData
        var worst = Verdict.clean
        for path in arguments.operands {
            do {
                let judgement = try await judge(path, pipeline, examination, spool: spool)
                worst = max(worst, judgement.verdict)
                report(path, judgement, asJSON: arguments.isSet("json"))
            } catch let error as SystemError {
                // It names the path.
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

    /// As many children as there are files at the most, all with the same signatures.
    static func scanning(_ arguments: Arguments, by pipeline: Pipeline?) throws -> ScannerConfiguration {
        try scannerConfiguration(
            arguments, children: min(arguments.scannerCount(), arguments.operands.count),
            limits: pipeline.map { [$0.limits] } ?? [])
    }

    /// The one by whose rules the files are judged; nil for the scan alone.
    static func pipeline(_ arguments: Arguments) throws -> Pipeline? {
        guard let name = arguments.text("pipeline") else { return nil }
        let set = try loadingPipelines(arguments)
        guard let pipeline = set[name] else {
            let known = set.pipelines.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "there is no pipeline '\(name)'; there are: \(known)")
        }
        return pipeline
    }

    private static func judge(
        _ path: String, _ pipeline: Pipeline?, _ examination: ObjectInspection, spool: String
    ) async throws -> Judgement {
        let bytes = try SpooledBytes.copying(file: path, into: spool)
        if let pipeline, let early = examination.judgement(ofSize: bytes.size, pipeline: pipeline) { return early }
        return try await examination.judge(bytes, declared: nil, pipeline: pipeline) {}
    }

    private static func report(_ path: String, _ judgement: Judgement, asJSON: Bool) {
        let evidence = judgement.evidence
        guard asJSON else {
            let findings = judgement.findings.map { $0.detail.isEmpty ? $0.name : "\($0.name) (\($0.detail))" }
            let type = evidence.detectedType ?? "type not looked at"
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
            }
            json.field("type", evidence.detectedType)
            json.field("sha256", evidence.sha256)
            json.object("evidence") { Evidence?.some(evidence).write(to: &$0) }
        }
    }
}
