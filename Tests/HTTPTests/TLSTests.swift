import HTTP
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private let own: Certificate
    private var certificate: String { own.certificate }
    private var key: String { own.key }

    init() async throws { own = try await Certificate() }

    private func serve(_ version: String? = nil) async throws -> (HelperProcess, port: String) {
        let script = Project.fixture("aws/tls_server.py")
        let arguments = [script, certificate, key] + (version.map { [$0] } ?? [])
        let server = try HelperProcess(HelperProcess.venv("python"), arguments)
        let line = try #require(await server.line(containing: "port"))
        return (server, String(line.split(separator: " ")[1]))
    }

    private func failure(_ configuration: HTTPConfiguration, _ url: String) async throws -> HTTPError? {
        let client = try HTTPClient(configuration: configuration)
        do {
            _ = try await client.send(HTTPRequest(url: url))
            return nil
        } catch { return error as? HTTPError }
    }

    @Test func `a certificate of the configured authority is trusted`() async throws {
        let (server, port) = try await serve()
        defer { server.end() }
        let client = try HTTPClient(configuration: .init(caFile: certificate))
        for _ in 0..<3 {
            let answer = try await client.send(HTTPRequest(url: "https://127.0.0.1:\(port)/"))
            #expect(answer.body == Array("over tls".utf8))
        }
    }

    @Test func `a certificate of an unknown authority is rejected`() async throws {
        let (server, port) = try await serve()
        defer { server.end() }
        let error = try await failure(.init(), "https://127.0.0.1:\(port)/")
        #expect(error?.code == .tls)
        #expect(error?.isTransient == false)
        #expect(error?.hint.contains("AWS_CA_BUNDLE") == true)
    }

    @Test func `a certificate for another name is rejected`() async throws {
        let (server, port) = try await serve()
        defer { server.end() }
        let error = try await failure(.init(caFile: certificate), "https://localhost:\(port)/")
        #expect(error?.code == .tls)
    }

    @Test func `a server that only supports TLS 1.1 is rejected`() async throws {
        let (server, port) = try await serve("TLSv1_1")
        defer { server.end() }
        let error = try await failure(.init(caFile: certificate), "https://127.0.0.1:\(port)/")
        #expect(error?.code == .tls)
    }

    @Test func `the error for a missing CA file names it`() async throws {
        let error = try await failure(.init(caFile: "/nowhere/ca.pem"), "https://127.0.0.1:1/")
        #expect(error != nil)
        let (server, port) = try await serve()
        defer { server.end() }
        let refused = try await failure(.init(caFile: "/nowhere/ca.pem"), "https://127.0.0.1:\(port)/")
        #expect(refused?.code == .tls)
        #expect(refused?.message.contains("/nowhere/ca.pem") == true)
    }
}
