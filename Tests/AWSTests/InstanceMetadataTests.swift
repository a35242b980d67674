import Domain
import HTTP
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct InstanceMetadataTests {
    private static let list = "/latest/meta-data/iam/security-credentials/"

    /// A working metadata service, except for the responses of `fault`.
    private static func service(
        _ fault: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer? = { _ in nil }
    ) -> @Sendable (ScriptedRequest) -> ScriptedAnswer {
        { request in
            if let answer = fault(request) { return answer }
            switch (request.method, request.target) {
            case ("PUT", "/latest/api/token"): return .status(200, "metadata-token")
            case ("GET", _) where request["x-aws-ec2-metadata-token"] != "metadata-token": return .status(401)
            case ("GET", list): return .status(200, "worker\n")
            case ("GET", list + "worker"): return .status(200, credentialJSON())
            default: return .status(404)
            }
        }
    }

    private func variables(_ fixture: CredentialFixture, _ more: [String: String] = [:]) -> [String: String] {
        ["AWS_EC2_METADATA_SERVICE_ENDPOINT": fixture.server.url + "/"].merging(more) { $1 }
    }

    @Test func `the instance role is fetched by IMDSv2`() async throws {
        let fixture = try CredentialFixture(Self.service())
        defer { fixture.server.stop() }
        let found = try await fixture.chain(variables(fixture)).resolve()
        #expect(found.credentials.accessKeyID == "ASIALOCAL")
        #expect(found.expiration == Timestamp(iso8601: "2026-11-21T14:00:00Z"))
        #expect(found.origin == "EC2 instance metadata, role worker")
        #expect(found.mayOutliveExpiration)
        #expect(
            fixture.server.requests.map { "\($0.method) \($0.target)" } == [
                "PUT /latest/api/token", "GET \(Self.list)", "GET \(Self.list)worker",
            ])
        #expect(fixture.server.requests[0]["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
    }

    @Test func `a profile may set the endpoint and assume a role with its credentials`() async throws {
        let fixture = try CredentialFixture(Self.service { $0.method == "POST" ? stsAnswer() : nil })
        defer { fixture.server.stop() }
        let endpoint = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "", "AWS_EC2_METADATA_DISABLED": "false"]
        let found = try await fixture.chain(
            endpoint,
            config:
                "[default]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = \(fixture.server.url)"
        ).resolve()
        #expect(found.credentials.accessKeyID == "ASIAROLE")
        #expect(fixture.server.requests.last?["authorization"]?.contains("ASIALOCAL") == true)
        #expect(fixture.server.requests.last?["x-amz-security-token"] == "localtoken")
    }

    @Test(arguments: ["true", "TRUE"])
    func `a disabled service is not called`(value: String) async throws {
        let fixture = try CredentialFixture(Self.service())
        defer { fixture.server.stop() }
        let error = try await fixture.failure(variables(fixture, ["AWS_EC2_METADATA_DISABLED": value]))
        #expect(error?.code == "NoCredentials")
        #expect(error?.message.contains("AWS_EC2_METADATA_DISABLED") == true)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test(
        arguments: [
            ("PUT", .status(404), .credentials, 1, "enable IMDSv2"),
            ("PUT", .status(405), .credentials, 1, "enable IMDSv2"),
            ("PUT", .status(403), .credentials, 1, "is disabled"), ("PUT", .status(503), .transient, 1, "503"),
            ("PUT", .status(200, ""), .credentials, 1, "token"),
            ("PUT", .status(200, "two\nlines"), .credentials, 1, "token"),
            ("PUT", .drops, .transient, 1, "HttpPutResponseHopLimit"),
            (list, .status(404), .credentials, 2, "the instance has no role"),
            (list, .status(200, "\n"), .credentials, 2, "the instance has no role"),
            (list, .status(200, "../../x"), .credentials, 2, "list of roles"),
            (list, .status(500), .transient, 2, "500"),
            (list + "worker", .status(404), .credentials, 3, "404"),
            (list + "worker", .status(200, "<html>localsecret"), .credentials, 3, "not a JSON object"),
            (
                list + "worker", .status(200, #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"not trusted"}"#),
                .credentials, 3, "AssumeRoleUnauthorizedAccess not trusted"
            ),
            (
                list + "worker", .status(200, #"{"AccessKeyId":"A","SecretAccessKey":"localsecret","Token":"t"}"#),
                .credentials, 3, "no Expiration"
            ),
        ] as [(String, ScriptedAnswer, AWSError.Kind, Int, String)])
    func `errors of the service are reported`(
        at: String, answer: ScriptedAnswer, kind: AWSError.Kind, requests: Int, part: String
    ) async throws {
        let fixture = try CredentialFixture(Self.service { [$0.method, $0.target].contains(at) ? answer : nil })
        defer { fixture.server.stop() }
        let error = try await fixture.failure(variables(fixture))
        #expect(error?.kind == kind, "\(error as Any)")
        #expect(error?.description.contains(part) == true, "\(error as Any)")
        for secret in ["localsecret", "metadata-token"] { #expect(error?.description.contains(secret) == false) }
        #expect(fixture.server.requests.count == requests)
    }

    @Test func `the number of attempts can be set`() async throws {
        let fixture = try CredentialFixture(Self.service { $0.index < 2 ? .status(503) : nil })
        defer { fixture.server.stop() }
        let found = try await fixture.chain(variables(fixture, ["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"])).resolve()
        #expect(found.credentials.accessKeyID == "ASIALOCAL")
        #expect(fixture.server.requests.count == 5)
    }

    @Test func `a token timeout suggests the hop limit`() async throws {
        let fixture = try CredentialFixture { _ in .neverAnswers }
        defer { fixture.server.stop() }
        let error = try await fixture.failure(variables(fixture))
        #expect(error?.kind == .timedOut)
        #expect(error?.hint.contains("HttpPutResponseHopLimit") == true)
    }

    @Test func `a refused connection means that this is not an EC2 instance`() async throws {
        let fixture = try CredentialFixture()
        fixture.server.stop()
        let error = try await fixture.failure(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"])
        #expect(error?.code == "NoCredentials")
        #expect(error?.message.contains("EC2 instance metadata at http://127.0.0.1:1 (") == true)
    }

    @Test func `invalid settings are reported`() async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        let endpoint = try await fixture.failure(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "nowhere"])
        #expect(endpoint?.message.contains("AWS_EC2_METADATA_SERVICE_ENDPOINT") == true)
        let mode = try await fixture.failure([
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "", "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5",
        ])
        #expect(mode?.message.contains("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == true)
    }

    @Test(
        arguments: [
            ([:], "http://169.254.169.254"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"], "http://[fd00:ec2::254]"),
            (
                [
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6",
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9/x/",
                ], "http://127.0.0.1:9/x"
            ),
        ] as [([String: String], String)])
    func `the endpoint depends on the IP mode and the configured URL`(environment: [String: String], url: String) throws
    {
        // The endpoint is resolved and not called.
        let whole = environment.merging(["AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
        let context = CredentialProviderContext(
            environment: whole, settings: try AWSSettings(environment: whole, read: { _ in nil }),
            http: try HTTPClient(), clocks: .system, jitter: { 0 })
        #expect(try InstanceMetadataCredentials(context).endpointURL() == url)
    }

    @Test func `expired credentials are kept while the service is down`() async throws {
        let isDown = Locked(false)
        let fixture = try CredentialFixture(Self.service { _ in isDown.withLock { $0 } ? .status(500) : nil })
        defer { fixture.server.stop() }
        let chain = try fixture.chain(variables(fixture))
        #expect(try await chain.credentials().accessKeyID == "ASIALOCAL")
        isDown.withLock { $0 = true }
        fixture.time.advance(by: .seconds(7 * 3600))
        #expect(try await chain.credentials().accessKeyID == "ASIALOCAL")
    }
}
