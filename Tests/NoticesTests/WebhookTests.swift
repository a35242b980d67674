import Domain
import Foundation
import HTTP
import Ledger
import Pipelines
import Support
import TestKit
import Testing

@testable import Notices

@Suite(.timeLimit(.minutes(1))) struct WebhookTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let other = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()

    private func sender(
        _ url: String, _ secrets: [SecretSource] = [.environment("A")],
        _ environment: [String: String] = ["A": WebhookTests.secret]
    ) throws -> WebhookSender {
        var configuration = HTTPConfiguration()
        configuration.refusesMetadataServices = true
        return WebhookSender(
            url: url, secrets: WebhookSecrets(secrets, environment: environment),
            http: try HTTPClient(configuration: configuration),
            clocks: Clocks(ContinuousClock(), wall: { Timestamp(milliseconds: 1_614_265_330_999) }))
    }

    private func failure(_ sender: WebhookSender) async -> SendFailure? {
        do throws(SendFailure) {
            try await sender.send(newNotice())
            return nil
        } catch { return error }
    }

    /// From the tests of the specification's own libraries.
    @Test func `the signature is that of the specification`() throws {
        let signature = WebhookSignature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: Timestamp(milliseconds: 1_614_265_330_000),
            body: Array(#"{"test": 2432232314}"#.utf8), keys: [try #require(WebhookKey(Self.secret))])
        #expect(
            signature.headers == [
                HTTPHeader("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                HTTPHeader("webhook-timestamp", "1614265330"),
                HTTPHeader("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            ])
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_" + Data(repeating: 7, count: 65).base64EncodedString(), "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ])
    func `what is no secret is no key`(text: String) { #expect(WebhookKey(text) == nil) }

    @Test func `a secret's file may end in a line break, and a key does not print`() throws {
        let key = try #require(WebhookKey(" \(Self.secret)\r\n"))
        #expect(key.bytes.count == 24)
        var text = ""
        dump(key, to: &text)
        #expect("\(key)\(text)".contains("<redacted>") && !text.contains("bytes"))
    }

    @Test func `a notice is posted with its id, and signed with each secret that is there`() async throws {
        let server = try ScriptedServer { _ in .status(204, "") }
        defer { server.stop() }
        let folder = try TemporaryDirectory()
        let sender = try sender(server.url + "/hook", [.file(folder.path + "/new"), .environment("A")])
        // Before the rotation there is one; a file that appears is used without a restart.
        #expect(await failure(sender) == nil)
        try folder.write(Self.other + "\n", to: "new")
        #expect(await failure(sender) == nil)
        let (before, during) = (server.requests[0], server.requests[1])
        #expect(before.method == "POST" && before.target == "/hook" && before.text == newNotice().body)
        #expect(before["content-type"] == "application/json" && before["webhook-id"] == "n1")
        #expect(before["webhook-timestamp"] == "1614265330" && before["user-agent"] == "lazaret")
        let signatures = try #require(during["webhook-signature"]).split(separator: " ").map(String.init)
        #expect(signatures.count == 2 && signatures[1] == before["webhook-signature"])
        let check = """
            import base64, hashlib, hmac, sys
            key = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
            signed = b"n1.1614265330." + sys.stdin.buffer.read()
            print("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(), end="")
            """
        for (signature, secret) in zip(signatures, [Self.other, Self.secret]) {
            let tool = try Tool.run(["python3", "-c", check, secret], input: during.body)
            #expect(String(decoding: tool.output, as: UTF8.self) == signature)
        }
    }

    @Test(
        arguments: [
            (200, nil), (204, nil), (299, nil), (301, .unavailable), (302, .unavailable), (308, .unavailable),
            (400, .refused), (401, .unavailable), (404, .unavailable), (410, .gone), (413, .refused), (422, .refused),
            (429, .unavailable), (500, .unavailable), (503, .unavailable),
        ] as [(Int, SendFailure.Kind?)])
    func `the status says what to do, and redirects are not followed`(status: Int, expected: SendFailure.Kind?)
        async throws
    {
        let server = try ScriptedServer { request in
            .status(status, "no", headers: [("location", "/elsewhere"), ("retry-after", "7")])
        }
        defer { server.stop() }
        let failure = await failure(try sender(server.url))
        #expect(failure?.kind == expected && server.requests.count == 1)
        if expected == .unavailable, status >= 400 { #expect(failure?.retryAfter == .seconds(7)) }
    }

    @Test func `a large answer is cut, and its head counts`() async throws {
        let server = try ScriptedServer { request in
            request.index == 0
                ? ScriptedAnswer(body: [UInt8](repeating: 0x61, count: 8 << 20))
                : .status(500, String(repeating: "a", count: 1 << 20))
        }
        defer { server.stop() }
        let sender = try sender(server.url)
        #expect(await failure(sender) == nil)
        #expect(await failure(sender)?.kind == .unavailable)
    }

    @Test func `without a usable secret nothing is sent, and no error names one`() async throws {
        let server = try ScriptedServer { _ in .status(204, "") }
        defer { server.stop() }
        let wrong = "whsec_this is the secret"
        for (sources, environment) in [
            ([SecretSource.environment("B")], [:]), ([.environment("B")], ["B": ""]), ([.file("/nonexistent")], [:]),
            ([.environment("B")], ["B": wrong]),
            ([.environment("A"), .environment("B")], ["A": Self.secret, "B": wrong]),
        ] as [([SecretSource], [String: String])] {
            let failure = await failure(try sender(server.url, sources, environment))
            #expect(failure?.kind == .unavailable && failure?.description.contains("this is") == false)
        }
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://100.100.100.200/", "http://168.63.129.16/", "http://2852039166/", "http://0xa9fea9fe/",
    ])
    func `no connection is opened to a metadata service, however its address is written`(url: String) async throws {
        let failure = await failure(try sender(url))
        #expect(failure?.kind == .unavailable)
        // Refused by us, and not by the network or a time-out.
        #expect(failure?.description.contains("connectFailed") == true, "\(String(describing: failure))")
    }

    @Test func `the certificate is verified`() async throws {
        let own = try await Certificate()
        let server = try HelperProcess(
            HelperProcess.venv("python"), [Project.fixture("aws/tls_server.py"), own.certificate, own.key])
        defer { server.end() }
        let line = try #require(await server.line(containing: "port"))
        let failure = await failure(try sender("https://127.0.0.1:\(line.split(separator: " ")[1])/"))
        #expect(failure?.kind == .unavailable && failure?.description.contains("(tls)") == true)
    }
}
