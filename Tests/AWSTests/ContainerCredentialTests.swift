import Domain
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct ContainerCredentialTests {
    private func variables(_ fixture: CredentialFixture, _ more: [String: String] = [:]) -> [String: String] {
        ["AWS_CONTAINER_CREDENTIALS_FULL_URI": fixture.server.url + "/v1/credentials?x=1"].merging(more) { $1 }
    }

    @Test func `credentials are fetched with the authorization token`() async throws {
        let fixture = try CredentialFixture { _ in .status(200, credentialJSON()) }
        defer { fixture.server.stop() }
        let found = try await fixture.chain(variables(fixture, ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"]))
            .resolve()
        #expect(found.credentials.accessKeyID == "ASIALOCAL")
        #expect(found.credentials.sessionToken == Secret("localtoken"))
        #expect(found.expiration == Timestamp(iso8601: "2026-11-21T14:00:00Z"))
        #expect(found.origin == "the container endpoint \(fixture.server.url)/v1/credentials")
        #expect(fixture.server.requests.map(\.target) == ["/v1/credentials?x=1"])
        #expect(fixture.server.requests.first?["authorization"] == "Basic abc")
    }

    @Test func `without a token no authorization header is sent`() async throws {
        let fixture = try CredentialFixture { _ in .status(200, credentialJSON()) }
        defer { fixture.server.stop() }
        _ = try await fixture.chain(variables(fixture)).resolve()
        #expect(fixture.server.requests.first?["authorization"] == nil)
    }

    @Test func `the token file takes precedence and is read again at each refresh`() async throws {
        let fixture = try CredentialFixture {
            .status(
                200,
                credentialJSON(
                    id: "K\($0.index)", until: $0.index == 0 ? "2026-11-21T09:00:00Z" : "2026-11-21T19:00:00Z"))
        }
        defer { fixture.server.stop() }
        let file = try fixture.folder.write("first\n", to: "token")
        let chain = try fixture.chain(
            variables(
                fixture,
                ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this"]))
        #expect(try await chain.credentials().accessKeyID == "K0")
        try fixture.folder.write("second", to: "token")
        fixture.time.advance(by: .seconds(3500))
        #expect(try await chain.credentials().accessKeyID == "K1")
        #expect(fixture.server.requests.map { $0["authorization"] } == ["first", "second"])
    }

    @Test(
        arguments: [
            (
                .status(404, #"{"code":"NoRole","message":"none for tok-en"}"#), .credentials, 1,
                "404 (NoRole: none for <redacted>)"
            ),
            (.status(401), .credentials, 1, "401"), (.status(500), .transient, 3, "500"),
            (.status(200, "garbage with localsecret"), .credentials, 1, "not a JSON object"),
            (.status(200, "[]"), .credentials, 1, "not a JSON object"),
            (.status(200, #"{"AccessKeyId":7}"#), .credentials, 1, "not a JSON object"),
            (.status(200, "{}"), .credentials, 1, "no AccessKeyId"),
            (.status(200, #"{"AccessKeyId":"A"}"#), .credentials, 1, "no SecretAccessKey"),
            (.status(200, credentialJSON(until: "tomorrow")), .credentials, 1, "Expiration"),
            (.status(200, credentialJSON(until: "2026-11-21T08:00:00Z")), .credentials, 1, "expired"),
            (.status(302, headers: [("Location", "http://127.0.0.1:1/")]), .credentials, 1, "302"),
            (.drops, .transient, 3, ""),
            (ScriptedAnswer(body: [UInt8](repeating: 0x20, count: 70_000)), .invalid, 1, ""),
        ] as [(ScriptedAnswer, AWSError.Kind, Int, String)])
    func `errors of the endpoint are reported`(
        answer: ScriptedAnswer, kind: AWSError.Kind, requests: Int, part: String
    ) async throws {
        let fixture = try CredentialFixture { _ in answer }
        defer { fixture.server.stop() }
        let error = try await fixture.failure(variables(fixture, ["AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok-en"]))
        #expect(error?.kind == kind, "\(error as Any)")
        #expect(error?.message.contains(part) == true, "\(error as Any)")
        #expect(error?.message.contains("the container endpoint") == true)
        for secret in ["localsecret", "tok-en"] { #expect(error?.description.contains(secret) == false) }
        #expect(fixture.server.requests.count == requests)
    }

    @Test func `an endpoint that never answers times out after three attempts`() async throws {
        let fixture = try CredentialFixture { _ in .neverAnswers }
        defer { fixture.server.stop() }
        let error = try await fixture.failure(variables(fixture))
        #expect(error?.kind == .timedOut)
        #expect(error?.isRetryable == true)
        #expect(fixture.server.requests.count == 3)
    }

    @Test func `an unreadable token is reported`() async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        for (name, value) in [
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/none/token"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nb: c"),
        ] {
            let error = try await fixture.failure(variables(fixture, [name: value]))
            #expect(error?.code == "UnreadableToken")
            #expect(error?.message.contains(name) == true)
        }
        #expect(fixture.server.requests.isEmpty)
    }

    @Test(arguments: [
        "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials",
        "http://127.0.0.1:9/x", "http://127.9.8.7/x?y=1", "http://[::1]:80/x", "http://localhost:1/",
        "http://LOCALHOST/",
        "https://any.example.com/x", "https://10.0.0.1/x",
    ])
    func `https URLs and http URLs of local hosts are accepted`(url: String) throws {
        #expect(try ContainerAddress.url(full: url) == url)
    }

    @Test(arguments: [
        "http://169.254.169.254/x", "http://169.254.170.24/", "http://10.0.0.1/x", "http://example.com/x",
        "http://127.0.0.1.example.com/x", "http://127.0.0.256/x", "http://127.1/x", "http://127.0.0.01/",
        "http://127.0.0.1@example.com/",
        "http://localhost.example.com/", "http://[fd00:ec2::24]/", "http://[::1].example.com/", "ftp://127.0.0.1/x",
        "127.0.0.1", "",
        "http:///x", "http://127.0.0.1/a b", "http://127.0.0.1/#f", "http://127.0.0.1\\@example.com/",
    ])
    func `http URLs of other hosts and malformed URLs are rejected`(url: String) {
        #expect(throws: AWSError.self) { try ContainerAddress.url(full: url) }
    }

    @Test func `a relative URI is resolved against the ECS endpoint`() throws {
        #expect(try ContainerAddress.url(relative: "/v2/credentials/1") == "http://169.254.170.2/v2/credentials/1")
        for path in ["v2", "", "//evil", "/a b", "@evil"] {
            #expect(throws: AWSError.self) { try ContainerAddress.url(relative: path) }
        }
    }
}
