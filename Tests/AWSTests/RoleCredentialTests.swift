import Domain
import HTTP
import Support
import TestKit
import Testing

@testable import AWS

/// Credentials of a role that is assumed with those of another provider.
@Suite(.timeLimit(.minutes(1))) struct RoleCredentialTests {
    private static let arn = "arn:aws:iam::123456789012:role/lazaret"

    /// Answers AssumeRole with credentials `ROLE0`, `ROLE1` and so on, of an hour each from the fixture's start.
    private final class Scene {
        let server: ScriptedServer
        let time = ManualWallClock(CredentialFixture.start)
        let base: CredentialProviderChain
        let role: CredentialProviderChain
        let client: AWSClient

        /// - Parameters:
        ///   - refuse: answers in place of STS, by the number of the request.
        ///   - answerS3: answers what is no AssumeRole.
        init(
            refuse: @escaping @Sendable (Int) -> ScriptedAnswer? = { _ in nil }, purpose: String = "uploads",
            externalID: String? = "acme",
            answerS3: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer = { _ in .status(200) }
        ) throws {
            let count = Locked(0)
            server = try ScriptedServer { request in
                guard request.form["Action"] != nil else { return answerS3(request) }
                let number = count.withLock { count in
                    defer { count += 1 }
                    return count
                }
                return refuse(number)
                    ?? stsAnswer(id: "ROLE\(number)", until: "2026-11-21T\(number == 0 ? "09" : "19"):00:00Z")
            }
            let environment = [
                "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": server.url, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            ]
            let settings = try AWSSettings(environment: environment)
            let http = try HTTPClient()
            let fetches = Locked(0)
            base = CredentialProviderChain(
                [
                    Counted {
                        let number = fetches.withLock { fetches in
                            defer { fetches += 1 }
                            return fetches
                        }
                        return Credentials(accessKeyID: "BASE\(number)", secretAccessKey: Secret("s"))
                    }
                ], clocks: time.clocks, jitter: { 0 })
            role = CredentialProviderChain(
                assuming: AssumedRole(arn: RoleCredentialTests.arn, externalID: externalID, purpose: purpose),
                with: base, settings: settings, http: http, clocks: time.clocks, jitter: { 0 })
            client = AWSClient(settings: settings, credentials: role, http: http, clocks: time.clocks)
        }

        deinit { server.stop() }

        /// The access keys that requests were signed with.
        var signers: [String] {
            server.requests.compactMap { request in
                request["authorization"]?.split(separator: "=").dropFirst().first?.split(separator: "/").first
                    .map(String.init)
            }
        }
    }

    private struct Counted: CredentialSource {
        let next: @Sendable () -> Credentials
        func lookUp() async throws(AWSError) -> CredentialLookup {
            .found(ResolvedCredentials(next(), origin: "a test"))
        }
    }

    @Test func `a role is assumed once, and signs the requests to S3`() async throws {
        let scene = try Scene()
        let s3 = S3Client(client: scene.client)
        for _ in 1...3 { try await s3.headBucket("b") }
        #expect(scene.signers == ["BASE0", "ROLE0", "ROLE0", "ROLE0"])
        let form = scene.server.requests[0].form
        #expect(form["RoleArn"] == Self.arn && form["ExternalId"] == "acme")
        #expect(form["RoleSessionName"] == "lazaret-uploads")
        #expect(scene.server.requests[1]["x-amz-security-token"] == "roletoken")
    }

    @Test func `a role without an external ID sends none, and its session's name is bounded`() async throws {
        let scene = try Scene(purpose: String(repeating: "p", count: 64), externalID: nil)
        _ = try await scene.role.resolve()
        let form = scene.server.requests[0].form
        #expect(form["ExternalId"] == nil)
        #expect(form["RoleSessionName"] == "lazaret-" + String(repeating: "p", count: 56))
    }

    @Test func `a role is assumed again before its credentials expire`() async throws {
        let scene = try Scene()
        #expect(try await scene.role.credentials().accessKeyID == "ROLE0")
        scene.time.advance(by: .seconds(56 * 60))
        #expect(try await scene.role.credentials().accessKeyID == "ROLE1")
    }

    @Test func `credentials of a role that S3 refuses are replaced`() async throws {
        let scene = try Scene(answerS3: { request in
            request["authorization"]?.contains("ROLE0") == true ? .s3(400, "ExpiredToken") : .status(200, "<Tagging/>")
        })
        _ = try await scene.role.credentials()
        scene.time.advance(by: .seconds(60))
        _ = try await S3Client(client: scene.client).tags(
            of: ObjectVersion(bucket: "b", key: ObjectKey("k")!, versionID: nil, etag: nil))
        #expect(scene.signers == ["BASE0", "ROLE0", "BASE0", "ROLE1"])
    }

    @Test func `the worker's credentials are read again if STS refuses them`() async throws {
        let scene = try Scene(refuse: { $0 == 0 ? stsRefusal(403, "ExpiredToken") : nil })
        _ = try await scene.base.credentials()
        scene.time.advance(by: .seconds(60))
        #expect(try await scene.role.credentials().accessKeyID == "ROLE1")
        #expect(scene.signers == ["BASE0", "BASE1"])
    }

    @Test func `credentials that STS refuses twice are an error, not a loop`() async throws {
        let scene = try Scene(refuse: { _ in stsRefusal(403, "ExpiredToken") })
        _ = try await scene.base.credentials()
        scene.time.advance(by: .seconds(60))
        let error = await awsError { _ = try await scene.role.resolve() }
        #expect(error?.kind == .credentials && error?.message.contains("role \(Self.arn)") == true)
        #expect(scene.signers == ["BASE0", "BASE1"])
    }

    @Test func `a denied role says what to allow`() async throws {
        let scene = try Scene(refuse: { _ in stsRefusal(403, "AccessDenied", "not authorized") })
        let error = await awsError { try await S3Client(client: scene.client).headBucket("b") }
        #expect(error?.service == .sts && error?.kind == .denied)
        let text = error?.description ?? ""
        #expect(text.contains("STS AssumeRole: AccessDenied") && text.contains("role \(Self.arn): not authorized"))
        #expect(text.contains("sts:AssumeRole") && text.contains("with the external ID acme"))
        #expect(scene.signers == ["BASE0"])
    }

    @Test func `buckets of another region are asked there`() async throws {
        let settings = try AWSSettings(environment: ["AWS_REGION": "eu-central-1"])
        #expect(
            S3Addressing(settings, region: "us-west-2").address(bucket: "b-1").host
                == "b-1.s3.us-west-2.amazonaws.com")
        let scene = try Scene()
        try await S3Client(client: scene.client, region: "us-west-2").headBucket("b")
        #expect(scene.server.requests.last?["authorization"]?.contains("/us-west-2/s3/") == true)
        #expect(scene.server.requests.first?["authorization"]?.contains("/eu-central-1/sts/") == true)
    }
}
