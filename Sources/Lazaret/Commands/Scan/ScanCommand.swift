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
            Flag("as", "s3://…", "the object's place: find its pipeline by that, and print what would become of it"),
            Flag("declared-type", "TYPE", "the Content-Type that the uploader declares"),
            Flag("content-encoding", "NAME", "the Content-Encoding that the uploader declares: gzip, br or zstd"),
            .pipelines, .signatures, .spool, .scanners, .requireSandbox, .matching, .verifyMatching, .json,
        ]
    ) { arguments in
        guard !arguments.operands.isEmpty else {
            throw CommandFailure(.usage, "`lazaret scan` needs a path; it does not read standard input")
        }
        let upload = try ScannedUpload(arguments)
        let spool = try arguments.spoolFolder()
        var failures: [String] = []
        let targets = try ScanTargets(arguments.operands, place: upload.place, failures: &failures).found
        if upload.place?.isOneObject == true, targets.count > 1 {
            throw CommandFailure(
                .usage, "--as names one object, and there are \(targets.count) files: end it with a slash")
        }
        let log = Log(threshold: .warning)
        let configuration = try configuration(arguments, files: targets.count, pipelines: upload.pipelines)
        let scanners = Scanners(configuration: configuration, log: log)
        try await startScanners(scanners)
        let inspection = ObjectInspection(inspector: scanners)
        var status = ExitStatus.badData
        var worst = Verdict.clean
        for target in targets {
            do {
                let result = try await judge(target, upload, inspection, spool: spool)
                worst = max(worst, result.judgement?.verdict ?? .clean)
                result.print(asJSON: arguments.isSet("json"))
            } catch let error as SystemError {
                // The error names the path.
                failures.append("\(error)")
            } catch {
                failures.append("\(target.path): \(error)")
                status = .unavailable
            }
        }
        _ = await scanners.stop()
        guard failures.isEmpty else { throw CommandFailure(status, lines: failures) }
        if worst > .clean { throw CommandFailure(.notClean) }
    }

    /// At most one child per file, all with the same signatures.
    static func configuration(
        _ arguments: Arguments, files: Int, pipelines: [Pipeline]
    ) throws -> ScannerConfiguration {
        try scannerConfiguration(
            arguments, children: min(arguments.scannerCount(), max(1, files)), limits: pipelines.map(\.limits))
    }

    private static func judge(
        _ target: ScanTarget, _ upload: ScannedUpload, _ inspection: ObjectInspection, spool: String
    ) async throws -> ScanResult {
        let pipeline = upload.pipeline(for: target)
        // No pipeline takes it: the worker would leave it alone.
        if target.location != nil, pipeline == nil { return ScanResult(target: target) }
        let bytes = try SpooledBytes.copying(file: target.path, into: spool)
        var judgement = pipeline.flatMap { inspection.judgement(ofSize: bytes.size, pipeline: $0) }
        if judgement == nil {
            judgement = try await inspection.judge(
                bytes, declared: upload.declaredType, encoding: upload.encoding, pipeline: pipeline
            ) {}
        }
        return ScanResult(target: target, pipeline: pipeline, judgement: judgement)
    }
}

/// What the flags say about the upload that the files stand for.
struct ScannedUpload {
    let place: UploadPlace?
    let declaredType: String?
    let encoding: ContentEncoding?
    /// Those whose rules may apply.
    let pipelines: [Pipeline]
    private let set: PipelineSet?
    private let named: Pipeline?

    init(_ arguments: Arguments) throws {
        place = try arguments.text("as").map { try UploadPlace($0) }
        declaredType = arguments.text("declared-type")
        let name = arguments.text("content-encoding")
        encoding = ContentEncoding(field: name)
        if let name, encoding == nil {
            throw CommandFailure(.usage, "unknown content encoding '\(name)'; known: gzip, br, zstd")
        }
        named = try Self.pipeline(arguments)
        set = try place == nil || named != nil ? nil : arguments.pipelines()
        pipelines = named.map { [$0] } ?? set?.pipelines ?? []
    }

    func pipeline(for target: ScanTarget) -> Pipeline? {
        guard let set, let location = target.location else { return named }
        return set.pipeline(for: location.bucket, key: location.key)
    }

    /// The pipeline that `--pipeline` names.
    private static func pipeline(_ arguments: Arguments) throws -> Pipeline? {
        guard let name = arguments.text("pipeline") else { return nil }
        let set = try arguments.pipelines()
        guard let pipeline = set[name] else {
            let known = set.pipelines.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "unknown pipeline '\(name)'; known pipelines: \(known)")
        }
        return pipeline
    }
}
