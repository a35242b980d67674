import Listener
import TestKit
import Testing

@testable import Lazaret

struct ProbeCommandTests {
    /// Probes a listener that answers like this.
    private func probe(_ pages: [String: Page], _ flags: [String] = []) async throws {
        let listener = try Listener(on: ListenAddress("127.0.0.1:0")!) { pages[$0] }
        try await run(["--listen", "0.0.0.0:\(listener.port)"] + flags)
        withExtendedLifetime(listener) {}
    }

    private func run(_ words: [String], _ environment: [String: String] = [:]) async throws {
        let command = ProbeCommand.command
        try await command.run(Arguments(parsing: words, of: command, environment: environment))
    }

    @Test func `a worker that takes on work is ready`() async throws {
        try await probe(["/readyz": Page("ready\n")])
    }

    @Test func `a worker that does not is unavailable, with its reasons`() async throws {
        let page = Page(status: 503, "not ready: stopping\nnot ready: S3 can't be used\n")
        let failure = await #expect(throws: CommandFailure.self) { try await probe(["/readyz": page]) }
        #expect(failure?.status == .unavailable)
        #expect(failure?.lines == ["not ready: stopping", "not ready: S3 can't be used"])
    }

    @Test func `a worker that is not ready is alive`() async throws {
        try await probe(["/healthz": Page("ok\n"), "/readyz": Page(status: 503, "not ready: stopping\n")], ["--live"])
    }

    @Test func `another server is no worker`() async throws {
        let failure = await #expect(throws: CommandFailure.self) { try await probe([:]) }
        #expect(failure?.status == .unavailable && failure?.lines.first?.contains("answers 404") == true)
    }

    @Test func `nobody listens`() async throws {
        let port = try ReservedPort()
        let failure = await #expect(throws: CommandFailure.self) {
            try await run([], ["LAZARET_LISTEN": "[::]:\(port.number)"])
        }
        #expect(failure?.status == .unavailable)
        #expect(failure?.lines.first?.contains("no worker answers on [::]:\(port.number)") == true)
    }

    @Test func `a worker that hangs is unavailable`() async throws {
        let server = try ScriptedServer { _ in .neverAnswers }
        defer { server.stop() }
        let failure = await #expect(throws: CommandFailure.self) {
            try await run(["--listen", "127.0.0.1:\(server.port)", "--timeout", "0.3"])
        }
        #expect(failure?.status == .unavailable)
    }

    @Test func `the address is needed`() async throws {
        let failure = await #expect(throws: CommandFailure.self) { try await run([]) }
        #expect(failure?.status == .usage)
        #expect(failure?.lines.first?.contains("LAZARET_LISTEN") == true)
    }

    @Test(arguments: [
        ("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("localhost:1", "localhost:1"), ("[::1]:1", "[::1]:1"),
        ("10.0.0.7:1", "10.0.0.7:1"),
    ])
    func `a listener on all addresses is asked on loopback`(_ address: String, _ asked: String) throws {
        #expect(ProbeCommand.loopback(try #require(ListenAddress(address))) == asked)
    }
}
