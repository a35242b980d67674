internal import AWS
internal import Domain
internal import HTTP
internal import Intake
internal import Notices
internal import Pipelines
internal import Support

/// Clients for S3 and SQS, configured from the standard AWS environment variables and files.
struct Cloud: Sendable {
    let settings: AWSSettings
    /// The credentials found at start-up, with their source and expiry.
    let identity: ResolvedCredentials
    let client: AWSClient
    /// With an HTTP thread of its own: spool writes on that of S3 must not delay the leases. It takes ten messages of
    /// the greatest length, with every byte escaped.
    private let sqsClient: AWSClient
    /// With a retry budget of its own: destinations of notices that are down must not use up that of S3.
    private let noticeClient: AWSClient
    private(set) var s3: S3Client
    /// Of the pipelines that do not use their buckets as the worker, by name.
    private var others: [String: PipelineCloud] = [:]
    private let credentials: CredentialProviderChain
    private let http: HTTPClient
    let sqs: SQSClient
    let queueURL: String

    init(_ arguments: Arguments, queueURL: String) async throws {
        self.queueURL = queueURL
        do {
            settings = try AWSSettings(environment: arguments.environment)
            http = try HTTPClient(configuration: settings.httpConfiguration)
            credentials = CredentialProviderChain(
                environment: arguments.environment, settings: settings, http: http,
                onFailure: { logRenewalFailure($0, until: $1) })
            identity = try await credentials.resolve()
            client = AWSClient(settings: settings, credentials: credentials, http: http)
            noticeClient = AWSClient(settings: settings, credentials: credentials, http: http)
            s3 = S3Client(client: client)
            var configuration = settings.httpConfiguration
            configuration.bodyLimit = 10 * 6 * MessageBody.longest + (1 << 20)
            sqsClient = AWSClient(
                settings: settings, credentials: credentials, http: try HTTPClient(configuration: configuration))
            sqs = SQSClient(client: sqsClient, queueURL: queueURL)
        } catch {
            let isRetryable = (error as? AWSError)?.isRetryable == true
            throw CommandFailure(isRetryable ? .unavailable : .configuration, "\(error)")
        }
    }

    /// Uses the pipelines' buckets with the identities that they name, and names the accounts that the buckets must be
    /// of in each request.
    func serving(_ pipelines: PipelineSet) -> Cloud {
        var cloud = self
        cloud.s3 = s3.expecting(owners: pipelines.bucketOwners)
        for pipeline in pipelines.pipelines where !pipeline.access.isOwn {
            var other = PipelineCloud(of: self, for: pipeline)
            other.s3 = other.s3.expecting(owners: pipelines.bucketOwners)
            cloud.others[pipeline.name] = other
        }
        return cloud
    }

    /// The client for a pipeline's buckets.
    func s3(of pipeline: Pipeline?) -> S3Client { pipeline.flatMap { others[$0.name]?.s3 } ?? s3 }

    /// Returns a value for each pipeline that does not use its buckets as the worker, made of its client.
    func mapOthers<Value>(_ make: (S3Client) -> Value) -> [String: Value] { others.mapValues { make($0.s3) } }

    /// Assumes a pipeline's role now.
    ///
    /// - Returns: nil if it has none.
    func assumedRole(of pipeline: Pipeline) async throws(AWSError) -> ResolvedCredentials? {
        try await others[pipeline.name]?.role?.resolve()
    }

    /// The destinations of the pipelines' notices.
    func destinations(of pipelines: PipelineSet, environment: [String: String]) throws -> [NoticeDestination] {
        do throws(HTTPError) {
            return try NoticeDestination.all(of: pipelines, client: noticeClient, environment: environment)
        } catch { throw CommandFailure(.internalError, "\(error)") }
    }

    func queueAttributes() async throws -> QueueAttributes { try await attributes(of: queueURL) }

    func attributes(of queueURL: String) async throws -> QueueAttributes {
        do {
            return try await queue(queueURL).attributes()
        } catch {
            let failure = failure(error)
            throw CommandFailure(failure.status, lines: ["can't use the queue \(queueURL)"] + failure.lines)
        }
    }

    /// A client for another queue, with the same credentials.
    func queue(_ url: String) -> SQSClient { SQSClient(client: sqsClient, queueURL: url) }

    var requests: RequestCounts {
        let clients = [client] + others.values.compactMap { $0.role == nil ? nil : $0.client }
        return RequestCounts(
            s3: clients.reduce(0) { $0 + $1.requestCount(.s3) }, sqs: sqsClient.requestCount(.sqs))
    }

    /// The exit status and the text for an error of S3 or SQS.
    func failure(_ error: any Error) -> CommandFailure {
        let cause = (error as? QueueUnusable)?.cause ?? error
        guard let cause = cause as? AWSError else { return CommandFailure(.internalError, "\(error)") }
        return CommandFailure(cause.isRetryable ? .unavailable : .configuration, "\(error)")
    }
}

/// The client for the buckets of one pipeline.
private struct PipelineCloud {
    /// Nil for the worker's own identity.
    let role: CredentialProviderChain?
    let client: AWSClient
    var s3: S3Client

    init(of cloud: Cloud, for pipeline: Pipeline) {
        role = pipeline.access.role.map { cloud.assuming($0, for: pipeline.name) }
        client = role.map { cloud.client(with: $0) } ?? cloud.client
        s3 = S3Client(client: client, region: pipeline.access.region)
    }
}

extension Cloud {
    fileprivate func assuming(_ role: BucketAccess.Role, for pipeline: String) -> CredentialProviderChain {
        CredentialProviderChain(
            assuming: AssumedRole(arn: role.arn, externalID: role.externalID, purpose: pipeline), with: credentials,
            settings: settings, http: http, onFailure: { logRenewalFailure($0, until: $1) })
    }

    fileprivate func client(with credentials: CredentialProviderChain) -> AWSClient {
        AWSClient(settings: settings, credentials: credentials, http: http)
    }
}

/// Logs a failed renewal while the old credentials are still valid. After they expire, each job fails with the error.
private func logRenewalFailure(_ error: AWSError, until: Timestamp?) {
    guard let until, until > Timestamp.now() else { return }
    Log(threshold: .warning)(.warning, "credentials not renewed") { json in
        json.field("error", "\(error)")
        json.field("holdUntil", until.description)
    }
}
