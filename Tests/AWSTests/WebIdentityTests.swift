import Domain
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct WebIdentityTests {
    private static let action = "AssumeRoleWithWebIdentity"

    @Test func `a pod's token is sent to STS unsigned`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer(Self.action) }
        defer { fixture.server.stop() }
        let token = try fixture.folder.write("head.pay+load.sig/nature\n", to: "token")
        let found = try await fixture.chain([
            "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r", "AWS_ROLE_SESSION_NAME": "pod-1",
        ]).resolve()
        #expect(found.credentials.accessKeyID == "ASIAROLE")
        #expect(found.origin == "web identity of the environment, role arn:r")
        let request = try #require(fixture.server.requests.first)
        #expect(
            request.form == [
                "Action": Self.action, "Version": "2011-06-15", "RoleArn": "arn:r", "RoleSessionName": "pod-1",
                "WebIdentityToken": "head.pay+load.sig/nature",
            ])
        #expect(request["authorization"] == nil)
        #expect(request["x-amz-date"] == nil)
    }

    @Test func `a web identity comes after the environment's keys and before the profile`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer(Self.action) }
        defer { fixture.server.stop() }
        var environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": try fixture.folder.write("t", to: "token"), "AWS_ROLE_ARN": "arn:r",
        ]
        let credentials = "[default]\naws_access_key_id = FILEID\naws_secret_access_key = s"
        #expect(
            try await fixture.chain(environment, credentials: credentials).resolve().credentials.accessKeyID
                == "ASIAROLE")
        environment["AWS_ACCESS_KEY_ID"] = "ENVID"
        environment["AWS_SECRET_ACCESS_KEY"] = "s"
        #expect(
            try await fixture.chain(environment, credentials: credentials).resolve().credentials.accessKeyID == "ENVID")
    }

    @Test func `a profile may name the token file`() async throws {
        let fixture = try CredentialFixture { _ in stsAnswer(Self.action) }
        defer { fixture.server.stop() }
        let token = try fixture.folder.write("profile-token", to: "token")
        let found = try await fixture.chain(
            config: "[default]\nrole_arn = arn:r\nrole_session_name = n\nweb_identity_token_file = \(token)"
        ).resolve()
        #expect(found.origin == "profile default, role arn:r by web identity")
        #expect(fixture.server.requests.first?.form["WebIdentityToken"] == "profile-token")
        #expect(fixture.server.requests.first?.form["RoleSessionName"] == "n")
    }

    @Test func `the token file is read again at each refresh`() async throws {
        let fixture = try CredentialFixture { request in
            stsAnswer(
                Self.action, id: "K\(request.index)", until: "2026-11-21T\(request.index == 0 ? "09" : "19"):00:00Z")
        }
        defer { fixture.server.stop() }
        let token = try fixture.folder.write("first", to: "token")
        let chain = try fixture.chain(["AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r"])
        #expect(try await chain.credentials().accessKeyID == "K0")
        try fixture.folder.write("second", to: "token")
        fixture.time.advance(by: .seconds(3500))
        #expect(try await chain.credentials().accessKeyID == "K1")
        #expect(fixture.server.requests.map { $0.form["WebIdentityToken"] } == ["first", "second"])
    }

    @Test(
        arguments: [
            (nil, "can't be read: No such file"), ("", "is empty"), (" \n", "is empty"),
            ("one\ntwo", "more than one line"),
            (String(repeating: "x", count: 70_000), "larger than 64 KiB"),
        ] as [(String?, String)])
    func `an unreadable token is reported`(text: String?, part: String) async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        if let text { try fixture.folder.write(text, to: "token") }
        let error = try await fixture.failure([
            "AWS_WEB_IDENTITY_TOKEN_FILE": fixture.folder.path + "/token", "AWS_ROLE_ARN": "arn:r",
        ])
        #expect(error?.kind == .credentials)
        #expect(error?.message.contains(part) == true, "\(error as Any)")
        #expect(error?.message.contains("AWS_WEB_IDENTITY_TOKEN_FILE \(fixture.folder.path)/token") == true)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test func `a token without a role is reported`() async throws {
        let fixture = try CredentialFixture()
        defer { fixture.server.stop() }
        let error = try await fixture.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"])
        #expect(error?.code == "PartialCredentials")
        #expect(error?.message.contains("AWS_ROLE_ARN") == true)
    }

    @Test(
        arguments: [
            (stsRefusal(400, "InvalidIdentityToken"), .credentials, 1, "issuer"),
            (stsRefusal(400, "ExpiredTokenException"), .credentials, 1, ""),
            (stsRefusal(400, "IDPCommunicationError"), .transient, 3, ""),
        ] as [(ScriptedAnswer, AWSError.Kind, Int, String)])
    func `errors of STS are reported`(answer: ScriptedAnswer, kind: AWSError.Kind, requests: Int, hint: String)
        async throws
    {
        let fixture = try CredentialFixture { _ in answer }
        defer { fixture.server.stop() }
        let token = try fixture.folder.write("the-token-itself", to: "token")
        let error = try await fixture.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r"])
        #expect(error?.kind == kind)
        #expect(error?.hint.contains(hint) == true)
        #expect(error?.operation == Self.action)
        #expect(error?.description.contains("the-token-itself") == false)
        #expect(fixture.server.requests.count == requests)
    }
}
