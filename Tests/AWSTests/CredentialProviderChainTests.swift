import Domain
import HTTP
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct CredentialProviderChainTests {
    /// A source whose results the test scripts by the number of the call, from 0.
    private final class Scripted: CredentialSource {
        typealias Script = @Sendable (Int) async -> Result<CredentialLookup, AWSError>
        private let calls = Locked(0)
        private let script: Script

        init(_ script: @escaping Script) { self.script = script }

        var count: Int { calls.withLock { $0 } }

        func lookUp() async throws(AWSError) -> CredentialLookup {
            let number = calls.withLock { calls in
                defer { calls += 1 }
                return calls
            }
            return try await script(number).get()
        }
    }

    private static let broken = AWSError(kind: .unreachable, code: "Down", message: "the source is down", hint: "Wait.")

    private static func keys(_ id: String, after life: Duration?, mayOutlive: Bool = false) -> ResolvedCredentials {
        ResolvedCredentials(
            Credentials(accessKeyID: id, secretAccessKey: Secret("secret")),
            expiration: life.map { CredentialFixture.start.advanced(by: $0) }, origin: "a test",
            mayOutliveExpiration: mayOutlive)
    }

    private static func hours(_ number: Int) -> ResolvedCredentials {
        keys("K\(number)", after: .seconds(3600 * (number + 1)))
    }

    private let time = ManualWallClock(CredentialFixture.start)

    private func chain(
        _ sources: [any CredentialSource],
        onFailure: @escaping @Sendable (AWSError, Timestamp?) -> Void = { _, _ in }
    ) -> CredentialProviderChain {
        CredentialProviderChain(sources, clocks: time.clocks, jitter: { 0 }, onFailure: onFailure)
    }

    private func id(_ chain: CredentialProviderChain) async throws -> String {
        try await chain.credentials().accessKeyID
    }

    @Test func `the first source with credentials is selected and no other is queried again`() async throws {
        let none = Scripted { _ in .success(.absent("nowhere")) }
        let some = Scripted { .success(.found(Self.hours($0))) }
        let never = Scripted { _ in .failure(Self.broken) }
        let chain = chain([none, some, never])
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(3700))
        #expect(try await id(chain) == "K1")
        #expect((none.count, some.count, never.count) == (1, 2, 0))
    }

    @Test func `unusable credentials end the search`() async {
        let some = Scripted { .success(.found(Self.hours($0))) }
        let chain = chain([Scripted { _ in .failure(Self.broken) }, some])
        #expect(await awsError { _ = try await chain.credentials() }?.code == "Down")
        #expect(some.count == 0)
    }

    @Test func `concurrent callers share one fetch`() async throws {
        let gate = Promise<Bool>()
        let source = Scripted { number in
            _ = await gate.value
            return .success(.found(Self.hours(number)))
        }
        let chain = chain([source])
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 1...100 { group.addTask { try await chain.credentials().accessKeyID } }
            try await eventually { source.count == 1 }
            gate.keep(true)
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ids == Array(repeating: "K0", count: 100))
        #expect(source.count == 1)
    }

    @Test func `nobody waits for an advisory refresh`() async throws {
        let gate = Promise<Bool>()
        let source = Scripted { number in
            if number == 1 { _ = await gate.value }
            return .success(.found(Self.hours(number)))
        }
        let chain = chain([source])
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(2700))
        // The fetch is held at the gate.
        for _ in 1...10 { #expect(try await id(chain) == "K0") }
        try await eventually { source.count == 2 }
        gate.keep(true)
        while try await id(chain) != "K1" { try await Task.sleep(for: .milliseconds(1)) }
        #expect(source.count == 2)
    }

    @Test func `callers wait for a refresh shortly before the expiration`() async throws {
        let source = Scripted { .success(.found(Self.hours($0))) }
        let chain = chain([source])
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(3300))
        #expect(try await id(chain) == "K1")
    }

    @Test func `after a failed refresh the old credentials are used until they expire`() async throws {
        let failures = Locked<[Timestamp?]>([])
        let source = Scripted { $0 == 0 ? .success(.found(Self.hours(0))) : .failure(Self.broken) }
        let chain = chain([source]) { _, expiration in failures.withLock { $0.append(expiration) } }
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(2700))
        #expect(try await id(chain) == "K0")
        try await eventually { failures.withLock { $0.count } == 1 }
        time.advance(by: .seconds(800))
        #expect(try await id(chain) == "K0")
        #expect(source.count == 3)
        time.advance(by: .seconds(100))
        let error = await awsError { _ = try await chain.credentials() }
        #expect(error?.kind == .unreachable)
        #expect(error?.isRetryable == true)
        for part in ["a test", "2026-11-21T09:00:00.000Z", "the source is down"] {
            #expect(error?.message.contains(part) == true)
        }
        let end = CredentialFixture.start.advanced(by: .seconds(3600))
        #expect(failures.withLock { $0 } == [end, end, end])
    }

    @Test func `a source that recovers is used again`() async throws {
        let source = Scripted { $0 == 1 ? .failure(Self.broken) : .success(.found(Self.hours($0))) }
        let chain = chain([source])
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(3600))
        #expect(await awsError { _ = try await chain.credentials() } != nil)
        #expect(try await id(chain) == "K2")
    }

    @Test func `credentials that are expired on receipt are not used`() async throws {
        let source = Scripted {
            $0 == 0 ? .success(.found(Self.keys("OLD", after: .zero))) : .success(.found(Self.hours(1)))
        }
        let chain = chain([source])
        let error = await awsError { _ = try await chain.credentials() }
        #expect(error?.code == "ExpiredCredentials")
        #expect(error?.kind == .credentials)
        #expect(try await id(chain) == "K1")
    }

    @Test func `instance metadata credentials outlive their expiration while the service is down`() async throws {
        let source = Scripted { number in
            switch number {
            case 0: .success(.found(Self.keys("K0", after: .seconds(3600), mayOutlive: true)))
            case 1: .failure(Self.broken)
            default: .success(.found(Self.keys("K2", after: .seconds(9000), mayOutlive: true)))
            }
        }
        let chain = chain([source])
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(4000))
        #expect(try await id(chain) == "K0")
        time.advance(by: .seconds(299))
        #expect(try await id(chain) == "K0")
        #expect(source.count == 2)
        time.advance(by: .seconds(1))
        while try await id(chain) != "K2" { try await Task.sleep(for: .milliseconds(1)) }
        #expect(source.count == 3)
    }

    @Test func `a waiter that is cancelled does not cancel the fetch of the others`() async throws {
        let gate = Promise<Bool>()
        let source = Scripted { number in
            _ = await gate.value
            return .success(.found(Self.hours(number)))
        }
        let chain = chain([source])
        let first = Task { try await chain.credentials() }
        let second = Task { try await chain.credentials() }
        try await eventually { source.count == 1 }
        first.cancel()
        gate.keep(true)
        #expect(try await second.value.accessKeyID == "K0")
    }

    // MARK: Rejected by a service

    private func client(_ server: ScriptedServer, _ chain: CredentialProviderChain) throws -> AWSClient {
        let environment = ["AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": server.url]
        return AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }), credentials: chain,
            http: try HTTPClient(), clocks: time.clocks, jitter: { 0 })
    }

    private static func rejects(_ id: String, _ code: String) -> @Sendable (ScriptedRequest) -> ScriptedAnswer {
        { request in
            request["authorization"]?.contains("Credential=\(id)/") == true
                ? .status(403, "<Error><Code>\(code)</Code></Error>") : .status(200, "<Tagging/>")
        }
    }

    @Test(arguments: ["ExpiredToken", "InvalidClientTokenId", "InvalidAccessKeyId"])
    func `credentials that a service rejects are fetched again once`(code: String) async throws {
        let server = try ScriptedServer(Self.rejects("K0", code))
        defer { server.stop() }
        let source = Scripted { .success(.found(Self.hours($0))) }
        let chain = chain([source])
        _ = try await chain.credentials()
        time.advance(by: .seconds(60))
        let s3 = S3Client(client: try client(server, chain))
        _ = try await s3.tags(of: version("k"))
        #expect(server.requests.count == 2)
        #expect(source.count == 2)
        #expect(try await id(chain) == "K1")
    }

    @Test func `a service that rejects the new credentials too is not called again`() async throws {
        let server = try ScriptedServer { _ in .status(403, "<Error><Code>ExpiredToken</Code></Error>") }
        defer { server.stop() }
        let source = Scripted { .success(.found(Self.hours($0))) }
        let chain = chain([source])
        _ = try await chain.credentials()
        time.advance(by: .seconds(60))
        let s3 = S3Client(client: try client(server, chain))
        #expect(await awsError { _ = try await s3.tags(of: version("k")) }?.code == "ExpiredToken")
        #expect(server.requests.count == 2)
        #expect(source.count == 2)
    }

    /// Sessions `t0`, `t1` and so on, one for each fetch.
    private func sessions() -> Scripted {
        Scripted { number in
            let keys = Credentials(
                accessKeyID: "K", secretAccessKey: Secret("s"), sessionToken: Secret("t\(number)"))
            return .success(.found(ResolvedCredentials(keys, expiration: Self.hours(1).expiration, origin: "a test")))
        }
    }

    @Test func `a HEAD of an expired session is retried with new credentials`() async throws {
        let server = try ScriptedServer { request in
            guard request["x-amz-security-token"] == "t0" else { return .status(200) }
            return request.method == "HEAD"
                ? .status(400) : .status(400, "<Error><Code>ExpiredToken</Code><Message>m</Message></Error>")
        }
        defer { server.stop() }
        let chain = chain([sessions()])
        _ = try await chain.credentials()
        time.advance(by: .seconds(60))
        try await S3Client(client: try client(server, chain)).headBucket("b")
        #expect(server.requests.map { $0["x-amz-security-token"] } == ["t0", "t0", "t1"])
    }

    @Test func `a HEAD that is answered 400 because of the object costs no good credentials`() async throws {
        let server = try ScriptedServer { request in
            request.method == "HEAD"
                ? .status(400) : .status(400, "<Error><Code>InvalidRequest</Code><Message>SSE-C</Message></Error>")
        }
        defer { server.stop() }
        let source = sessions()
        let chain = chain([source])
        _ = try await chain.credentials()
        let s3 = S3Client(client: try client(server, chain))
        for _ in 1...3 {
            time.advance(by: .seconds(60))
            #expect(await awsError { _ = try await s3.head(version("k")) }?.status == 400)
        }
        #expect(source.count == 1)
        #expect(try await chain.credentials().sessionToken == Secret("t0"))
    }

    @Test(arguments: ["InvalidAccessKeyId", "ExpiredToken", "SignatureDoesNotMatch"])
    func `rejected credentials without an expiration are read again from their source`(code: String) async throws {
        let server = try ScriptedServer(Self.rejects("OLD", code))
        defer { server.stop() }
        let source = Scripted { number in .success(.found(Self.keys(number == 0 ? "OLD" : "NEW", after: nil))) }
        let chain = chain([source])
        _ = try await chain.credentials()
        time.advance(by: .seconds(60))
        _ = try await S3Client(client: try client(server, chain)).tags(of: version("k"))
        #expect(server.requests.count == 2)
        #expect(source.count == 2)
    }

    @Test func `credentials that stay rejected are read again once a call, and not within seconds`() async throws {
        let server = try ScriptedServer(Self.rejects("FIXED", "InvalidAccessKeyId"))
        defer { server.stop() }
        let source = Scripted { _ in .success(.found(Self.keys("FIXED", after: nil))) }
        let chain = chain([source])
        _ = try await chain.credentials()
        let s3 = S3Client(client: try client(server, chain))
        time.advance(by: .seconds(60))
        for _ in 1...5 { #expect(await awsError { _ = try await s3.tags(of: version("k")) }?.kind == .credentials) }
        #expect(server.requests.count == 6)
        #expect(source.count == 2)
    }

    @Test func `a shared credentials file that another program renews is read again`() async throws {
        let fixture = try CredentialFixture(Self.rejects("OLD", "ExpiredToken"))
        defer { fixture.server.stop() }
        func file(_ id: String) -> String {
            "[default]\naws_access_key_id = \(id)\naws_secret_access_key = s\naws_session_token = t\n"
        }
        let chain = try fixture.chain(credentials: file("OLD"))
        #expect(try await chain.credentials().accessKeyID == "OLD")
        _ = try fixture.folder.write(file("NEW"), to: "credentials")
        fixture.time.advance(by: .seconds(60))
        _ = try await S3Client(client: try client(fixture.server, chain)).tags(of: version("k"))
        #expect(try await chain.credentials().accessKeyID == "NEW")
    }

    @Test func `concurrent rejections share one fetch`() async throws {
        let source = Scripted { .success(.found(Self.hours($0))) }
        let chain = chain([source])
        let old = try await chain.credentials()
        // Just fetched: fetching them again would return the same.
        #expect(!chain.invalidate(old))
        time.advance(by: .seconds(60))
        for _ in 1...50 { #expect(chain.invalidate(old)) }
        #expect(try await id(chain) == "K1")
        #expect(chain.invalidate(old))
        #expect(try await id(chain) == "K1")
        #expect(source.count == 2)
    }
}
