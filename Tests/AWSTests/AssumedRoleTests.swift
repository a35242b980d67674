import Domain
import HTTP
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct AssumedRoleTests {
    private static let base = """
        [base]
        aws_access_key_id = BASEID
        aws_secret_access_key = basesecret
        """

    @Test func `a profile's role is assumed with the keys of its source profile`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer() }
        defer { fixture.server.stop() }
        let found = try await fixture.chain(
            ["AWS_PROFILE": "app"],
            config: """
                [profile app]
                role_arn = arn:aws:iam::1:role/app
                source_profile = base
                external_id = ex/ternal+1
                role_session_name = nightly
                duration_seconds = 900
                """, credentials: Self.base
        ).resolve()
        #expect(
            found
                == ResolvedCredentials(
                    Credentials(
                        accessKeyID: "ASIAROLE", secretAccessKey: Secret("rolesecret"),
                        sessionToken: Secret("roletoken")),
                    expiration: Timestamp(iso8601: "2026-11-21T09:00:00Z"),
                    origin: "profile app, role arn:aws:iam::1:role/app"))
        let request = try #require(fixture.server.requests.first)
        #expect(request.method == "POST")
        #expect(
            request.form == [
                "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/app",
                "RoleSessionName": "nightly", "ExternalId": "ex/ternal+1", "DurationSeconds": "900",
            ])
        #expect(request["authorization"]?.contains("Credential=BASEID/20261121/eu-central-1/sts/aws4_request") == true)
    }

    @Test func `a chain of roles is assumed in order`() async throws {
        let fixture = try CredentialFixture { request in
            let role = request.form["RoleArn"] ?? ""
            return stsAnswer(id: "ID-OF-\(role)", until: "2026-11-21T0\(role == "r1" ? 8 : 9):30:00Z")
        }
        defer { fixture.server.stop() }
        let found = try await fixture.chain(
            ["AWS_PROFILE": "third"],
            config: """
                [profile first]
                role_arn = r1
                source_profile = base
                [profile second]
                role_arn = r2
                source_profile = first
                [profile third]
                role_arn = r3
                source_profile = second
                """, credentials: Self.base
        ).resolve()
        #expect(found.credentials.accessKeyID == "ID-OF-r3")
        #expect(fixture.server.requests.map { $0.form["RoleArn"] } == ["r1", "r2", "r3"])
        #expect(
            fixture.server.requests.map { $0["authorization"]?.split(separator: "/").first.map(String.init) } == [
                "AWS4-HMAC-SHA256 Credential=BASEID", "AWS4-HMAC-SHA256 Credential=ID-OF-r1",
                "AWS4-HMAC-SHA256 Credential=ID-OF-r2",
            ])
        #expect(fixture.server.requests.map { $0["x-amz-security-token"] } == [nil, "roletoken", "roletoken"])
        #expect(fixture.server.requests[0].form["RoleSessionName"]?.hasPrefix("lazaret-") == true)
    }

    @Test func `a role may be assumed with the keys of its own profile`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer() }
        defer { fixture.server.stop() }
        let chain = try fixture.chain(
            ["AWS_PROFILE": "self"],
            config: """
                [profile self]
                role_arn = r
                source_profile = self
                aws_access_key_id = SELFID
                aws_secret_access_key = s
                """)
        #expect(try await chain.resolve().credentials.accessKeyID == "ASIAROLE")
        #expect(fixture.server.requests.first?["authorization"]?.contains("SELFID") == true)
    }

    @Test func `a role may be assumed with the environment's credentials`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer() }
        defer { fixture.server.stop() }
        // In the chain the keys of the environment would take precedence, so the profile source is used directly.
        let environment = [
            "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL_STS": fixture.server.url, "AWS_ACCESS_KEY_ID": "ENVID",
            "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "p",
            "AWS_CONFIG_FILE": try fixture.folder.write(
                "[profile p]\nrole_arn = r\ncredential_source = Environment", to: "config"),
        ]
        let settings = try AWSSettings(environment: environment)
        let context = CredentialProviderContext(
            environment: environment, settings: settings, http: try HTTPClient(), clocks: fixture.time.clocks,
            jitter: { 0 })
        let finding = try await ProfileCredentials(context, profile: "p").lookUp()
        guard case .found(let found) = finding else {
            Issue.record("\(finding)")
            return
        }
        #expect(found.credentials.accessKeyID == "ASIAROLE")
        #expect(fixture.server.requests.first?["authorization"]?.contains("ENVID") == true)
    }

    @Test(
        arguments: [
            ("role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a", ["a > b > a"]),
            (
                "role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = c\n[profile c]\nrole_arn=r\nsource_profile = b",
                ["a > b > c > b"]
            ),
            ("role_arn = r\nsource_profile = a", ["profile a", "no keys"]),
            ("role_arn = r\nsource_profile = gone", ["gone", "profile a"]),
            ("role_arn = r\nsource_profile = b\n[profile b]\nregion = us-east-1", ["profile b", "neither keys"]),
            ("role_arn = r\nsource_profile = b\ncredential_source = Environment", ["more than one"]),
            ("role_arn = r\ncredential_source = Nowhere", ["Nowhere", "Ec2InstanceMetadata"]),
            ("role_arn = r", ["no credentials to assume"]),
            ("role_arn = r\nsource_profile = b\nmfa_serial = m", ["mfa_serial"]),
            ("role_arn = r\nsource_profile = base\nduration_seconds = 60", ["duration_seconds", "900"]),
            ("role_arn = r\ncredential_source = Environment", ["AWS_ACCESS_KEY_ID"]),
            ("web_identity_token_file = /t", ["role_arn"]),
            ("sso_session = s", ["sso_session", "credential_process = aws configure export-credentials --profile a"]),
            ("sso_start_url = s", ["sso_start_url"]), ("login_session = s", ["login_session"]),
        ])
    func `invalid profiles are reported`(lines: String, parts: [String]) async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        let error = try await fixture.failure(
            ["AWS_PROFILE": "a"], config: "[profile a]\n" + lines, credentials: Self.base)
        #expect(error?.kind == .credentials)
        for part in parts { #expect(error?.description.contains(part) == true, "\(part) in \(error as Any)") }
        #expect(fixture.server.requests.isEmpty)
    }

    @Test(
        arguments: [
            (stsRefusal(403, "AccessDenied", "not allowed to assume"), .denied, 1, "not allowed to assume"),
            (stsRefusal(500, "InternalFailure"), .transient, 3, "no"),
            (stsRefusal(403, "ExpiredToken"), .credentials, 1, "no"),
            (.status(404), .notFound, 1, "without a message"),
            (.status(200, "no XML"), .invalid, 1, "not an XML document"),
            (.status(200, "<a/>"), .invalid, 1, "no AccessKeyId"),
            (stsAnswer(token: ""), .invalid, 1, "no SessionToken"),
            (stsAnswer(until: "soon"), .invalid, 1, "Expiration"), (.drops, .transient, 3, ""),
            (stsAnswer(until: "2026-11-21T07:00:00Z"), .credentials, 1, "expired at 2026-11-21T07:00:00.000Z"),
        ] as [(ScriptedAnswer, AWSError.Kind, Int, String)])
    func `errors of STS are reported`(answer: ScriptedAnswer, kind: AWSError.Kind, requests: Int, part: String)
        async throws
    {
        let fixture = try CredentialFixture { _ in answer }
        defer { fixture.server.stop() }
        let error = try await fixture.failure(
            ["AWS_PROFILE": "app"], config: "[profile app]\nrole_arn = arn:r\nsource_profile = base",
            credentials: Self.base)
        #expect(error?.kind == kind)
        #expect(error?.message.contains("profile app, role arn:r") == true, "\(error as Any)")
        #expect(error?.message.contains(part) == true, "\(error as Any)")
        #expect(fixture.server.requests.count == requests)
    }

    @Test func `secrets that a service echoes are redacted`() async throws {
        let fixture = try CredentialFixture { request in
            stsRefusal(400, "Bad", "you sent \(request.text) signed with basesecret and the token tok/en+1")
        }
        defer { fixture.server.stop() }
        let credentials = Self.base + "\naws_session_token = tok/en+1"
        let error = try await fixture.failure(
            ["AWS_PROFILE": "app"], config: "[profile app]\nrole_arn = r\nsource_profile = base",
            credentials: credentials)
        let description = error?.description ?? ""
        #expect(description.contains("<redacted>"))
        #expect(!description.contains("basesecret") && !description.contains("tok/en"))
    }

    @Test func `MiniStack's STS returns a role's credentials`() async throws {
        let cloud = try await MiniStack.shared()
        let folder = try TemporaryDirectory()
        var environment = cloud.environment
        environment["AWS_ACCESS_KEY_ID"] = nil
        environment["AWS_SECRET_ACCESS_KEY"] = nil
        environment["AWS_PROFILE"] = "app"
        environment["AWS_CONFIG_FILE"] = try folder.write(
            "[profile app]\nrole_arn = arn:aws:iam::000000000000:role/app\nsource_profile = base\nduration_seconds = 1800",
            to: "config")
        environment["AWS_SHARED_CREDENTIALS_FILE"] = try folder.write(
            "[base]\naws_access_key_id = test\naws_secret_access_key = test", to: "credentials")
        let chain = CredentialProviderChain(
            environment: environment, settings: try AWSSettings(environment: environment), http: try HTTPClient())
        let found = try await chain.resolve()
        #expect(found.credentials.accessKeyID.hasPrefix("ASIA"))
        #expect(found.credentials.sessionToken?.exposed.isEmpty == false)
        let life = try #require(found.expiration).duration(since: .now())
        #expect(life > .seconds(1700) && life <= .seconds(1801))
    }
}
