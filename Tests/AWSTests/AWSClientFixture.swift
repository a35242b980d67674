import AWS
import Domain
import HTTP
import Support
import TestKit
import Testing

/// Clients of a scripted server, with a clock that never sleeps and constant jitter.
struct AWSClientFixture {
    let server: ScriptedServer
    let client: AWSClient
    let s3: S3Client
    let sqs: SQSClient
    private let clock = SleeplessClock()

    /// The delays between attempts.
    var sleeps: [Duration] { clock.sleeps }

    init(
        now: Timestamp = Timestamp(milliseconds: 1_795_248_550_000), maxAttempts: Int = 3,
        _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer
    ) throws {
        server = try ScriptedServer(answer)
        let environment = [
            "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": server.url, "AWS_MAX_ATTEMPTS": "\(maxAttempts)",
        ]
        client = AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }),
            credentials: StaticCredentialProvider(Credentials(accessKeyID: "AKID", secretAccessKey: Secret("secret"))),
            http: try HTTPClient(),
            clocks: Clocks(monotonic: MonotonicClock(clock), wall: { now }), jitter: { 0.5 })
        s3 = S3Client(client: client)
        sqs = SQSClient(client: client, queueURL: "https://sqs.eu-central-1.amazonaws.com/1/queue")
    }
}

func version(_ key: String, versionID: String? = nil, etag: String? = nil) -> ObjectVersion {
    ObjectVersion(bucket: "bucket", key: ObjectKey(key)!, versionID: versionID, etag: etag)
}

/// Returns the AWSError that `body` throws, or nil.
func awsError(_ body: () async throws -> Void) async -> AWSError? {
    do {
        try await body()
        return nil
    } catch { return error as? AWSError }
}

/// Keeps the head and bytes of the last attempt. May reject earlier ones.
final class MemorySink: ObjectSink {
    private let state = Locked(State())
    private let rejects: @Sendable (_ attempt: Int) -> (any Error)?

    private struct State {
        var attempts = 0
        var head: ObjectHead?
        var bytes: [UInt8] = []
    }

    init(rejects: @escaping @Sendable (_ attempt: Int) -> (any Error)? = { _ in nil }) { self.rejects = rejects }

    var attempts: Int { state.withLock { $0.attempts } }
    var head: ObjectHead? { state.withLock { $0.head } }
    var bytes: [UInt8] { state.withLock { $0.bytes } }

    func begin(_ head: ObjectHead) throws {
        let attempt = state.withLock { state in
            state.attempts += 1
            state.head = head
            state.bytes = []
            return state.attempts
        }
        if let rejection = rejects(attempt) { throw rejection }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        let copy = Array(bytes)
        state.withLock { $0.bytes += copy }
    }
}
