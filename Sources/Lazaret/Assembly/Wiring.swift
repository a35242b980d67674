internal import AWS
internal import Domain
internal import Glibc
internal import HTTP
internal import Inspection
internal import Intake
internal import Ledger
internal import Pipelines
internal import ScanProtocol
internal import Support
internal import Transfer
internal import Worker

/// S3 and SQS, as settings and credentials of the AWS conventions say.
struct Cloud: Sendable {
    let settings: AWSSettings
    /// What was found at the start: whose credentials, and until when they hold.
    let identity: FoundCredentials
    let client: AWSClient
    let s3: S3Client
    let sqs: SQSClient
    let queueURL: String

    init(_ arguments: Arguments, queueURL: String) async throws {
        self.queueURL = queueURL
        do {
            settings = try AWSSettings(environment: arguments.environment)
            let http = try HTTPClient(configuration: settings.httpConfiguration)
            let credentials = CredentialChain(environment: arguments.environment, settings: settings, http: http) {
                report($0, until: $1)
            }
            identity = try await credentials.found()
            client = AWSClient(settings: settings, credentials: credentials, http: http)
            s3 = S3Client(client: client)
            sqs = SQSClient(client: client, queueURL: queueURL)
        } catch {
            let passes = (error as? AWSError)?.isRetryable == true
            throw CommandFailure(passes ? .unavailable : .configuration, "\(error)")
        }
    }

    func queueAttributes() async throws -> QueueAttributes { try await attributes(of: queueURL) }

    func attributes(of queueURL: String) async throws -> QueueAttributes {
        do {
            return try await queue(queueURL).attributes()
        } catch {
            let failure = failure(error)
            throw CommandFailure(failure.status, lines: ["the queue \(queueURL) can't be used"] + failure.lines)
        }
    }

    /// Another queue than the one that S3 notifies.
    func queue(_ url: String) -> SQSClient { SQSClient(client: client, queueURL: url) }

    var requests: RequestCounts { RequestCounts(s3: client.requestCount(.s3), sqs: client.requestCount(.sqs)) }

    /// How the program ends with an error of S3 or SQS.
    func failure(_ error: any Error) -> CommandFailure {
        let cause = (error as? QueueUnusable)?.cause ?? error
        guard let cause = cause as? AWSError else { return CommandFailure(.internalError, "\(error)") }
        return CommandFailure(cause.isRetryable ? .unavailable : .configuration, "\(error)")
    }
}

/// Credentials that could not be renewed, as a warning while the old ones hold; afterwards each job tells.
private func report(_ error: AWSError, until: Timestamp?) {
    guard let until, until > Timestamp.now() else { return }
    Log(threshold: .warning)(.warning, "credentials not renewed") { json in
        json.field("error", "\(error)")
        json.field("holdUntil", until.description)
    }
}

/// The pipelines of a folder, or the program's end with all that is wrong in them.
func loadingPipelines(_ arguments: Arguments) throws -> PipelineSet {
    do {
        return try PipelineSet(directory: arguments.required("pipelines"))
    } catch let problems as PipelineProblems {
        throw CommandFailure(.configuration, lines: problems.problems.map(\.description))
    }
}

/// Opens a worker's ledger, which is made where there is none, and waits for it while it can't be reached; ends the program
/// with what is wrong.
func opening(_ ledger: RetryingLedger, at url: String, log: Log) async throws {
    do {
        try await ledger.open { () throws(LedgerError) in try await openLedger(at: url, log: log) }
    } catch {
        throw failure(of: error)
    }
}

/// Opens a ledger that is there already, or ends the program with what is wrong: to ask of one that is not would make an
/// empty one.
func existingLedger(_ arguments: Arguments) async throws -> any Ledger {
    do {
        return try await openLedger(
            at: arguments.required("ledger"), log: Log(threshold: .warning), creating: false)
    } catch let error as LedgerError {
        throw failure(of: error)
    }
}

/// How the program ends with an error of the ledger.
func failure(of error: LedgerError) -> CommandFailure {
    CommandFailure(error.isTransient ? .unavailable : .configuration, "\(error)")
}

/// - Parameters:
///   - children: so many objects are inspected at a time.
///   - limits: those that objects will be inspected by. A child may unpack as much as the most generous of them allows, where
///     that is beyond the usual bound.
///   - signatureInterval: how often the signature folder is looked at; nil: all objects by one set.
func scannerConfiguration(
    _ arguments: Arguments, children: Int, limits: [ScanLimits] = [], signatureInterval: Duration? = nil
) throws -> ScannerConfiguration {
    let most = limits.map(\.maxScanSize).max() ?? 0
    return try ScannerConfiguration(
        executable: scannerExecutable(), signatures: arguments.required("signatures"), children: children,
        signatureInterval: signatureInterval, requiresSandbox: arguments.isSet("require-sandbox"),
        scratchLimit: most > ScanLimits().maxScanSize ? most : nil)
}

/// Starts the scanners, or ends the program with what is wrong.
@discardableResult func starting(_ scanners: Scanners) async throws -> EngineDescription {
    do {
        return try await scanners.start()
    } catch {
        throw CommandFailure(.configuration, "\(error)")
    }
}

/// The spool folder, tried out: a folder that takes no unnamed files is told now, and not by the first large object.
func spoolFolder(_ arguments: Arguments) throws -> String {
    let folder = try arguments.required("spool")
    do {
        _ = try Spool(in: folder, size: .max)
        return folder
    } catch {
        throw CommandFailure(
            .configuration,
            "\(error); --spool needs a writable folder on a file system with unnamed files (ext4, xfs, btrfs, tmpfs)")
    }
}
