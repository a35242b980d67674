import AWS
import Domain
import HTTP
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct AWSClientTests {
    private static let slowDown = "<Error><Code>SlowDown</Code><Message>calm</Message><RequestId>R1</RequestId></Error>"

    @Test func `throttling is retried after a backoff`() async throws {
        let fixture = try AWSClientFixture { $0.index < 2 ? .status(503, Self.slowDown) : .status(200) }
        defer { fixture.server.stop() }
        _ = try await fixture.s3.head(version("k"))
        #expect(fixture.server.requests.count == 3)
        #expect(fixture.sleeps == [.milliseconds(500), .seconds(1)])
    }

    @Test func `a call that may not be repeated ends with the first error`() async throws {
        let fixture = try AWSClientFixture { _ in .status(503, Self.slowDown) }
        defer { fixture.server.stop() }
        let asked = Locked(0)
        var copy = ObjectCopy(source: version("k"), destination: version("l").location)
        copy.mayRepeat = {
            // Not before the first try, and after the wait.
            #expect(fixture.server.requests.count == 1 && fixture.sleeps.count == 1)
            asked.withLock { $0 += 1 }
            return false
        }
        let request = copy
        let error = await awsError { _ = try await fixture.s3.copy(request) }
        #expect(error?.code == "SlowDown" && fixture.server.requests.count == 1)
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func `the Retry-After header is honoured`() async throws {
        let fixture = try AWSClientFixture {
            $0.index == 0 ? .status(503, headers: [("Retry-After", "9")]) : .status(200)
        }
        defer { fixture.server.stop() }
        try await fixture.s3.headBucket("b")
        #expect(fixture.sleeps == [.seconds(9)])
    }

    @Test func `after the last attempt the service's error is thrown with all its details`() async throws {
        let fixture = try AWSClientFixture { _ in .status(503, Self.slowDown, headers: [("x-amz-id-2", "E1")]) }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await fixture.s3.tags(of: version("k")) }
        #expect(fixture.server.requests.count == 3)
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
    }

    @Test(arguments: [
        (404, "NoSuchKey", AWSError.Kind.notFound), (403, "AccessDenied", .denied),
        (412, "PreconditionFailed", .preconditionFailed),
        (400, "InvalidArgument", .invalid), (403, "InvalidAccessKeyId", .credentials),
    ])
    func `permanent errors are not retried`(status: Int, code: String, kind: AWSError.Kind) async throws {
        let fixture = try AWSClientFixture { _ in .status(status, "<Error><Code>\(code)</Code></Error>") }
        defer { fixture.server.stop() }
        let error = await awsError { _ = try await fixture.s3.get(version("k"), range: nil, into: MemorySink()) }
        #expect(error?.kind == kind)
        #expect(error?.code == code)
        #expect(fixture.server.requests.count == 1)
    }

    @Test(arguments: ["RequestTimeTooSkewed", "SignatureDoesNotMatch"])
    func `a wrong clock is corrected once from the service's`(code: String) async throws {
        let fixture = try AWSClientFixture { request in
            request["x-amz-date"]?.hasPrefix("20261121T0909") == true
                ? .status(200)
                : .status(
                    403, "<Error><Code>\(code)</Code></Error>", headers: [("Date", "Sat, 21 Nov 2026 09:09:10 GMT")])
        }
        defer { fixture.server.stop() }
        try await fixture.s3.setTags([], of: version("a"))
        try await fixture.s3.headBucket("b")
        #expect(
            fixture.server.requests.compactMap { $0["x-amz-date"] } == [
                "20261121T080910Z", "20261121T090910Z", "20261121T090910Z",
            ])
        #expect(fixture.sleeps.isEmpty)
    }

    @Test func `a rejected signature is permanent if the clocks agree`() async throws {
        let fixture = try AWSClientFixture { _ in
            .status(
                403, "<Error><Code>SignatureDoesNotMatch</Code></Error>",
                headers: [("Date", "Sat, 21 Nov 2026 08:09:12 GMT")])
        }
        defer { fixture.server.stop() }
        let error = await awsError { try await fixture.s3.setTags([], of: version("a")) }
        #expect(error?.kind == .credentials)
        #expect(fixture.server.requests.count == 1)
    }

    @Test func `a call whose connection was lost is retried on a new one`() async throws {
        let fixture = try AWSClientFixture { $0.index == 0 ? .drops : .status(200) }
        defer { fixture.server.stop() }
        try await fixture.s3.headBucket("b")
        #expect(fixture.server.connectionCount == 2)
    }

    @Test func `a refused connection is an unreachable service`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200) }
        let environment = ["AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"]
        fixture.server.stop()
        let client = AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }),
            credentials: StaticCredentialProvider(Credentials(accessKeyID: "A", secretAccessKey: Secret("s"))),
            http: try .init(),
            clocks: Clocks(monotonic: MonotonicClock(SleeplessClock()), wall: { .now() }))
        let error = await awsError { try await S3Client(client: client).headBucket("b") }
        #expect(error?.kind == .unreachable)
        #expect(error?.isRetryable == true)
    }

    @Test func `without credentials no request is sent`() async throws {
        let fixture = try AWSClientFixture { _ in .status(200) }
        defer { fixture.server.stop() }
        let client = AWSClient(
            settings: fixture.client.settings, credentials: CredentialProviderChain([]), http: try .init())
        let error = await awsError { try await S3Client(client: client).headBucket("b") }
        #expect(error?.kind == .credentials)
        #expect(error?.operation == "HeadBucket")
        #expect(fixture.server.requests.isEmpty)
    }

    @Test func `a cancelled call is not retried`() async throws {
        let fixture = try AWSClientFixture { _ in .neverAnswers }
        defer { fixture.server.stop() }
        let task = Task { await awsError { try await fixture.s3.headBucket("b") } }
        try await eventually { !fixture.server.requests.isEmpty }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        #expect(fixture.server.requests.count == 1)
    }

    /// The budget has 500 tokens. A retry costs 5.
    @Test func `while a service fails the retry budget of all calls runs out`() async throws {
        let fixture = try AWSClientFixture { _ in .status(503, Self.slowDown) }
        defer { fixture.server.stop() }
        for call in 1...50 {
            _ = await awsError { try await fixture.s3.headBucket("b") }
            #expect(fixture.server.requests.count == call * 3)
        }
        _ = await awsError { try await fixture.s3.headBucket("b") }
        #expect(fixture.server.requests.count == 151)
    }

    @Test func `a retry that is not made returns its cost to the budget`() async throws {
        let fixture = try AWSClientFixture(maxAttempts: 2) { _ in .status(503, Self.slowDown) }
        defer { fixture.server.stop() }
        var copy = ObjectCopy(source: version("k"), destination: version("l").location)
        copy.mayRepeat = { false }
        let request = copy
        // 102 retries at a cost of 5 would leave nothing of 500 tokens.
        for _ in 1...102 { _ = await awsError { _ = try await fixture.s3.copy(request) } }
        #expect(fixture.server.requests.count == 102)
        _ = await awsError { try await fixture.s3.headBucket("b") }
        #expect(fixture.server.requests.count == 104)
    }

    @Test func `a success returns the cost of its last retry to the budget`() async throws {
        let fixture = try AWSClientFixture(maxAttempts: 2) { $0.index.isMultiple(of: 2) ? .status(500) : .status(200) }
        defer { fixture.server.stop() }
        // Without refunds, or with refunds of 1, the budget would run out before the last call.
        for _ in 1...130 { try await fixture.s3.headBucket("b") }
        #expect(fixture.server.requests.count == 260)
    }
}
