import Domain
import Support
import TestKit
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(1))) struct WebIdentityTests {
    private static let action = "AssumeRoleWithWebIdentity"

    @Test func `a pods token is taken to STS unsigned`() async throws {
        let bench = try CredentialBench { _ in stsAnswer(Self.action) }
        defer { bench.server.stop() }
        let token = try bench.folder.write("head.pay+load.sig/nature\n", to: "token")
        let found = try await bench.chain([
            "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r", "AWS_ROLE_SESSION_NAME": "pod-1",
        ]).found()
        #expect(found.credentials.accessKeyID == "ASIAROLE")
        #expect(found.origin == "web identity of the environment, role arn:r")
        let request = try #require(bench.server.requests.first)
        #expect(
            request.form == [
                "Action": Self.action, "Version": "2011-06-15", "RoleArn": "arn:r", "RoleSessionName": "pod-1",
                "WebIdentityToken": "head.pay+load.sig/nature",
            ])
        #expect(request["authorization"] == nil)
        #expect(request["x-amz-date"] == nil)
    }

    @Test func `it comes before the profile and after the keys of the environment`() async throws {
        let bench = try CredentialBench { _ in stsAnswer(Self.action) }
        defer { bench.server.stop() }
        var environment = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": try bench.folder.write("t", to: "token"), "AWS_ROLE_ARN": "arn:r",
        ]
        let credentials = "[default]\naws_access_key_id = FILEID\naws_secret_access_key = s"
        #expect(
            try await bench.chain(environment, credentials: credentials).found().credentials.accessKeyID == "ASIAROLE")
        environment["AWS_ACCESS_KEY_ID"] = "ENVID"
        environment["AWS_SECRET_ACCESS_KEY"] = "s"
        #expect(try await bench.chain(environment, credentials: credentials).found().credentials.accessKeyID == "ENVID")
    }

    @Test func `a profile may name the token`() async throws {
        let bench = try CredentialBench { _ in stsAnswer(Self.action) }
        defer { bench.server.stop() }
        let token = try bench.folder.write("profile-token", to: "token")
        let found = try await bench.chain(
            config: "[default]\nrole_arn = arn:r\nrole_session_name = n\nweb_identity_token_file = \(token)"
        ).found()
        #expect(found.origin == "profile default, role arn:r by web identity")
        #expect(bench.server.requests.first?.form["WebIdentityToken"] == "profile-token")
        #expect(bench.server.requests.first?.form["RoleSessionName"] == "n")
    }

    @Test func `the tokens file is read again at each renewal`() async throws {
        let bench = try CredentialBench { request in
            stsAnswer(
                Self.action, id: "K\(request.index)", until: "2026-11-21T\(request.index == 0 ? "09" : "19"):00:00Z")
        }
        defer { bench.server.stop() }
        let token = try bench.folder.write("first", to: "token")
        let chain = try bench.chain(["AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r"])
        #expect(try await chain.credentials().accessKeyID == "K0")
        try bench.folder.write("second", to: "token")
        bench.time.advance(by: .seconds(3500))
        #expect(try await chain.credentials().accessKeyID == "K1")
        #expect(bench.server.requests.map { $0.form["WebIdentityToken"] } == ["first", "second"])
    }

    @Test(
        arguments: [
            (nil, "can't be read: No such file"), ("", "is empty"), (" \n", "is empty"),
            ("one\ntwo", "more than one line"),
            (String(repeating: "x", count: 70_000), "larger than 64 KiB"),
        ] as [(String?, String)])
    func `a token that cannot be read is told`(text: String?, part: String) async throws {
        let bench = try CredentialBench()
        defer { bench.server.stop() }
        if let text { try bench.folder.write(text, to: "token") }
        let error = try await bench.failure([
            "AWS_WEB_IDENTITY_TOKEN_FILE": bench.folder.path + "/token", "AWS_ROLE_ARN": "arn:r",
        ])
        #expect(error?.kind == .credentials)
        #expect(error?.message.contains(part) == true, "\(error as Any)")
        #expect(error?.message.contains("AWS_WEB_IDENTITY_TOKEN_FILE \(bench.folder.path)/token") == true)
        #expect(bench.server.requests.isEmpty)
    }

    @Test func `a token without a role is told`() async throws {
        let bench = try CredentialBench()
        defer { bench.server.stop() }
        let error = try await bench.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"])
        #expect(error?.code == "PartialCredentials")
        #expect(error?.message.contains("AWS_ROLE_ARN") == true)
    }

    @Test(
        arguments: [
            (stsRefusal(400, "InvalidIdentityToken"), .credentials, 1, "issuer"),
            (stsRefusal(400, "ExpiredTokenException"), .credentials, 1, ""),
            (stsRefusal(400, "IDPCommunicationError"), .transient, 3, ""),
        ] as [(ScriptedAnswer, AWSError.Kind, Int, String)])
    func `refusals are told`(answer: ScriptedAnswer, kind: AWSError.Kind, requests: Int, hint: String) async throws {
        let bench = try CredentialBench { _ in answer }
        defer { bench.server.stop() }
        let token = try bench.folder.write("the-token-itself", to: "token")
        let error = try await bench.failure(["AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:r"])
        #expect(error?.kind == kind)
        #expect(error?.hint.contains(hint) == true)
        #expect(error?.operation == Self.action)
        #expect(error?.description.contains("the-token-itself") == false)
        #expect(bench.server.requests.count == requests)
    }
}
