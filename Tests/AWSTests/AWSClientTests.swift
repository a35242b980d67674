import AWS
import Domain
import HTTP
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct AWSClientTests {
    private static let slowDown = "<Error><Code>SlowDown</Code><Message>calm</Message><RequestId>R1</RequestId></Error>"

    @Test func `throttling is retried after a backoff`() async throws {
        let bench = try Bench { $0.index < 2 ? .status(503, Self.slowDown) : .status(200) }
        defer { bench.server.stop() }
        _ = try await bench.s3.head(version("k"))
        #expect(bench.server.requests.count == 3)
        #expect(bench.sleeps == [.milliseconds(500), .seconds(1)])
    }

    @Test func `retry after is honoured`() async throws {
        let bench = try Bench { $0.index == 0 ? .status(503, headers: [("Retry-After", "9")]) : .status(200) }
        defer { bench.server.stop() }
        try await bench.s3.headBucket("b")
        #expect(bench.sleeps == [.seconds(9)])
    }

    @Test func `after the last try the services error comes out whole`() async throws {
        let bench = try Bench { _ in .status(503, Self.slowDown, headers: [("x-amz-id-2", "E1")]) }
        defer { bench.server.stop() }
        let error = await awsError { _ = try await bench.s3.tags(of: version("k")) }
        #expect(bench.server.requests.count == 3)
        #expect(error?.kind == .throttled)
        #expect(error?.code == "SlowDown")
        #expect(error?.message == "calm")
        #expect(error?.service == .s3)
        #expect(error?.operation == "GetObjectTagging")
        #expect(error?.status == 503)
        #expect(error?.requestID == "R1")
        #expect(error?.extendedRequestID == "E1")
        #expect(error?.isRetryable == true)
        #expect(error?.hint.isEmpty == false)
        #expect(bench.client.retryBudget.tokens == 490)
    }

    @Test(arguments: [
        (404, "NoSuchKey", AWSError.Kind.notFound), (403, "AccessDenied", .denied),
        (412, "PreconditionFailed", .preconditionFailed),
        (400, "InvalidArgument", .invalid), (403, "InvalidAccessKeyId", .credentials),
    ])
    func `what will not pass is not retried`(status: Int, code: String, kind: AWSError.Kind) async throws {
        let bench = try Bench { _ in .status(status, "<Error><Code>\(code)</Code></Error>") }
        defer { bench.server.stop() }
        let error = await awsError { _ = try await bench.s3.get(version("k"), range: nil, into: MemorySink()) }
        #expect(error?.kind == kind)
        #expect(error?.code == code)
        #expect(bench.server.requests.count == 1)
    }

    @Test(arguments: ["RequestTimeTooSkewed", "SignatureDoesNotMatch"])
    func `a wrong clock is set by the services and stays so`(code: String) async throws {
        let bench = try Bench { request in
            request["x-amz-date"]?.hasPrefix("20261121T0909") == true
                ? .status(200)
                : .status(
                    403, "<Error><Code>\(code)</Code></Error>", headers: [("Date", "Sat, 21 Nov 2026 09:09:10 GMT")])
        }
        defer { bench.server.stop() }
        try await bench.s3.setTags([], of: version("a"))
        try await bench.s3.headBucket("b")
        #expect(
            bench.server.requests.compactMap { $0["x-amz-date"] } == [
                "20261121T080910Z", "20261121T090910Z", "20261121T090910Z",
            ])
        #expect(bench.sleeps.isEmpty)
    }

    @Test func `a refusal by a clock that agrees is final`() async throws {
        let bench = try Bench { _ in
            .status(
                403, "<Error><Code>SignatureDoesNotMatch</Code></Error>",
                headers: [("Date", "Sat, 21 Nov 2026 08:09:12 GMT")])
        }
        defer { bench.server.stop() }
        let error = await awsError { try await bench.s3.setTags([], of: version("a")) }
        #expect(error?.kind == .credentials)
        #expect(bench.server.requests.count == 1)
    }

    @Test func `a lost connection is replaced and the call tried again`() async throws {
        let bench = try Bench { $0.index == 0 ? .drops : .status(200) }
        defer { bench.server.stop() }
        try await bench.s3.headBucket("b")
        #expect(bench.server.connectionCount == 2)
    }

    @Test func `nobody there is unreachable`() async throws {
        let bench = try Bench { _ in .status(200) }
        let environment = ["AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"]
        bench.server.stop()
        let client = AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }),
            credentials: StaticCredentials(Credentials(accessKeyID: "A", secretAccessKey: Secret("s"))),
            http: try .init(),
            clock: ClientClock(sleep: { _ in }))
        let error = await awsError { try await S3Client(client: client).headBucket("b") }
        #expect(error?.kind == .unreachable)
        #expect(error?.isRetryable == true)
    }

    @Test func `no credentials means no request`() async throws {
        let bench = try Bench { _ in .status(200) }
        defer { bench.server.stop() }
        let client = AWSClient(settings: bench.client.settings, credentials: CredentialChain([]), http: try .init())
        let error = await awsError { try await S3Client(client: client).headBucket("b") }
        #expect(error?.kind == .credentials)
        #expect(error?.operation == "HeadBucket")
        #expect(bench.server.requests.isEmpty)
    }

    @Test func `cancellation ends a call and is not retried`() async throws {
        let bench = try Bench { _ in .neverAnswers }
        defer { bench.server.stop() }
        let task = Task { await awsError { try await bench.s3.headBucket("b") } }
        while bench.server.requests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        #expect(bench.server.requests.count == 1)
    }

    @Test func `successes fill the budget again`() async throws {
        let bench = try Bench(maxAttempts: 2) { $0.index == 0 || $0.index == 2 ? .status(500) : .status(200) }
        defer { bench.server.stop() }
        try await bench.s3.headBucket("b")
        #expect(bench.client.retryBudget.tokens == 500)
        _ = await awsError { try await bench.s3.headBucket("b") }
        #expect(bench.client.retryBudget.tokens == 500)
    }
}
