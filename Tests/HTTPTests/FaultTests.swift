import HTTP
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient() }

    private func failure(_ request: HTTPRequest, into sink: CollectingSink? = nil) async -> HTTPError? {
        do {
            _ = try await client.send(request, into: sink)
            return nil
        } catch { return error as? HTTPError }
    }

    @Test func `a server that never answers times out`() async throws {
        let server = try ScriptedServer { _ in .neverAnswers }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: server.url, timeout: .milliseconds(200)))
        #expect(error?.code == .timedOut)
        #expect(error?.isTransient == true)
        #expect(error?.mayHaveReachedServer == true)
    }

    @Test func `a stalled body fails below the throughput floor`() async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(body: Array(repeating: 1, count: 1000), drip: (bytes: 100, pause: .seconds(5)))
        }
        defer { server.stop() }
        let sink = CollectingSink()
        let floor = ThroughputFloor(bytesPerSecond: 1000, over: .milliseconds(200))
        let error = await failure(HTTPRequest(url: server.url, floor: floor), into: sink)
        #expect(error?.code == .stalled)
        #expect(error?.isTransient == true)
        #expect(sink.body.count < 1000)
    }

    @Test func `a slow body above the throughput floor succeeds`() async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(body: Array(repeating: 1, count: 1000), drip: (bytes: 50, pause: .milliseconds(20)))
        }
        defer { server.stop() }
        let floor = ThroughputFloor(bytesPerSecond: 100, over: .milliseconds(200))
        let answer = try await client.send(HTTPRequest(url: server.url, floor: floor))
        #expect(answer.body.count == 1000)
    }

    @Test func `a refused connection has not reached the server`() async throws {
        let server = try ScriptedServer { _ in .status(200) }
        server.stop()
        let error = await failure(HTTPRequest(url: "http://127.0.0.1:1/"))
        #expect(error?.code == .connectFailed)
        #expect(error?.isTransient == true)
        #expect(error?.mayHaveReachedServer == false)
        #expect(error?.operation == "GET http://127.0.0.1:1/")
    }

    @Test func `a request on a dropped connection may have reached the server`() async throws {
        let server = try ScriptedServer { _ in .drops }
        defer { server.stop() }
        let error = await failure(HTTPRequest(method: "POST", url: server.url, body: [1, 2, 3]))
        #expect(error?.code == .connectionLost)
        #expect(error?.mayHaveReachedServer == true)
    }

    @Test(arguments: [nil, 50])
    func `a body shorter than declared is truncated`(cutAfter: Int?) async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(
                body: Array(repeating: 1, count: 100), framing: .claims(200), cutAfter: cutAfter, closes: true)
        }
        defer { server.stop() }
        let sink = CollectingSink()
        let error = await failure(HTTPRequest(url: server.url), into: sink)
        #expect(error?.code == .truncated)
        #expect(error?.isTransient == true)
        #expect(sink.body.count == cutAfter ?? 100)
    }

    @Test func `a body longer than declared is cut and its connection is not reused`() async throws {
        let server = try ScriptedServer { request in
            request.index == 0
                ? ScriptedAnswer(body: Array("answerHTTP/1.1 200 Smuggled\r\n\r\n".utf8), framing: .claims(6))
                : .status(200, "second")
        }
        defer { server.stop() }
        let first = try await client.send(HTTPRequest(url: server.url))
        let second = try await client.send(HTTPRequest(url: server.url, timeout: .seconds(5)))
        #expect(first.body == Array("answer".utf8))
        #expect(second.body == Array("second".utf8))
        #expect(server.connectionCount == 2)
    }

    @Test func `a chunked body that ends early is incomplete`() async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(body: Array(repeating: 1, count: 100), framing: .chunked, cutAfter: 60)
        }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: server.url))
        #expect(error?.code == .truncated || error?.code == .connectionLost)
        #expect(error?.isTransient == true)
    }

    @Test func `a response that is not HTTP is a protocol violation`() async throws {
        let server = try ScriptedServer { _ in ScriptedAnswer(conduct: .raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))) }
        defer { server.stop() }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .protocolViolation)
    }

    @Test(arguments: ["ftp://127.0.0.1/x", "http://", "http://127.0.0.1:99999/"])
    func `an invalid URL is rejected`(url: String) async {
        let error = await failure(HTTPRequest(url: url))
        #expect(error?.code == .invalidRequest)
        #expect(error?.isTransient == false)
    }

    @Test func `an idle connection that the server closed is replaced`() async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(
                body: [1], closes: false,
                conduct: .raw(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1".utf8)))
        }
        defer { server.stop() }
        for _ in 0..<10 { #expect(try await client.send(HTTPRequest(url: server.url)).body == Array("1".utf8)) }
    }

    @Test func `an error of the sink is thrown unchanged`() async throws {
        let server = try ScriptedServer { _ in ScriptedAnswer(body: Array(repeating: 1, count: 1 << 20)) }
        defer { server.stop() }
        let sink = CollectingSink(failsAfter: 1000)
        await #expect(throws: CollectingSink.Rejected.self) {
            try await client.send(HTTPRequest(url: server.url), into: sink)
        }
        #expect(sink.body.count < 1 << 20)
        // The client is still usable.
        #expect(try await client.send(HTTPRequest(url: server.url)).body.count == 1 << 20)
    }

    @Test func `a task cancelled beforehand sends nothing`() async throws {
        let server = try ScriptedServer { _ in .status(200) }
        defer { server.stop() }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPRequest(url: server.url))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(server.requests.isEmpty)
    }

    @Test func `cancellation ends a running request`() async throws {
        let arrived = Promise<Void>()
        let server = try ScriptedServer { _ in
            arrived.keep(())
            return .neverAnswers
        }
        defer { server.stop() }
        let task = Task { try await client.send(HTTPRequest(url: server.url)) }
        await arrived.value
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `a cancellation is never lost`() async throws {
        let server = try ScriptedServer { _ in .neverAnswers }
        defer { server.stop() }
        for _ in 0..<200 {
            let task = Task { try await client.send(HTTPRequest(url: server.url)) }
            await Task.yield()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `shutdown fails running and later requests`() async throws {
        let arrived = Promise<Void>()
        let server = try ScriptedServer { _ in
            arrived.keep(())
            return .neverAnswers
        }
        defer { server.stop() }
        async let running = failure(HTTPRequest(url: server.url))
        await arrived.value
        client.shutdown()
        #expect(await running?.code == .shutdown)
        #expect(await failure(HTTPRequest(url: server.url))?.code == .shutdown)
    }
}
