import HTTP
import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient(configuration: .init(bodyLimit: 1 << 20, errorBodyLimit: 1000)) }

    @Test func `sequential requests share one connection`() async throws {
        let server = try ScriptedServer { request in .status(200, "answer \(request.index)") }
        defer { server.stop() }
        for index in 0..<20 {
            let answer = try await client.send(HTTPRequest(url: server.url + "/\(index)"))
            #expect(String(decoding: answer.body, as: UTF8.self) == "answer \(index)")
        }
        #expect(server.connectionCount == 1)
        #expect(server.requests.map(\.target) == (0..<20).map { "/\($0)" })
    }

    @Test func `a fresh connection is opened on demand`() async throws {
        let server = try ScriptedServer { _ in .status(200) }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest(url: server.url))
        _ = try await client.send(HTTPRequest(url: server.url, needsFreshConnection: true))
        #expect(server.connectionCount == 2)
    }

    @Test(arguments: [true, false]) func `a request that is sent once is not sent again on another connection`(
        once: Bool
    )
        async throws
    {
        let server = try ScriptedServer { request in request.index == 1 ? .drops : .status(200) }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest(url: server.url))
        let request = HTTPRequest(method: "PUT", url: server.url, isSentOnce: once)
        if once {
            let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
            #expect(error?.code == .connectionLost && error?.mayHaveReachedServer == true && error?.isTransient == true)
        } else {
            _ = try await client.send(request)
        }
        #expect(server.requests.count == (once ? 2 : 3))
        // The next request is sent normally.
        _ = try await client.send(HTTPRequest(method: "PUT", url: server.url, isSentOnce: once))
    }

    @Test func `no option of a request affects the next one`() async throws {
        let server = try ScriptedServer { request in
            ScriptedAnswer(
                body: Array(request.method.utf8), delay: request.target == "/slow" ? .milliseconds(150) : .zero)
        }
        defer { server.stop() }
        let plain: Set = ["host", "accept"]
        let marked = [HTTPHeader("x-marked", "1"), HTTPHeader("content-type", "text/plain")]
        for method in ["GET", "HEAD", "DELETE", "PUT", "GET"] {
            let body = Array(repeating: UInt8(7), count: 5000)
            let post = HTTPRequest(
                method: "POST", url: server.url, headers: marked, body: body, timeout: .milliseconds(100))
            _ = try await client.send(post)
            #expect(server.requests.last?.body == body)
            let answer = try await client.send(HTTPRequest(method: method, url: server.url + "/slow"))
            let request = try #require(server.requests.last)
            #expect(request.method == method)
            #expect(request.body.isEmpty)
            #expect(Set(request.headers.map(\.name)) == (method == "PUT" ? plain.union(["content-length"]) : plain))
            #expect(answer.body == (method == "HEAD" ? [] : Array(method.utf8)))
        }
        #expect(server.connectionCount == 1)
        _ = try await client.send(HTTPRequest(url: server.url, needsFreshConnection: true))
        _ = try await client.send(HTTPRequest(url: server.url))
        #expect(server.connectionCount == 2)
    }

    @Test func `concurrent requests all return`() async throws {
        let server = try ScriptedServer { request in ScriptedAnswer(body: request.body, delay: .milliseconds(5)) }
        defer { server.stop() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                let body = Array("body \(index)".utf8)
                group.addTask {
                    try await client.send(HTTPRequest(method: "POST", url: server.url, body: body)).body == body
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
        #expect(server.requests.count == 64)
        #expect(server.connectionCount <= 64)
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "POST", "DELETE"])
    func `no header is added to any method`(method: String) async throws {
        let server = try ScriptedServer { _ in .status(200, "x") }
        defer { server.stop() }
        let body: [UInt8] = method == "PUT" || method == "POST" ? Array(repeating: 7, count: 2 << 20) : []
        let answer = try await client.send(HTTPRequest(method: method, url: server.url + "/a", body: body))
        let request = try #require(server.requests.first)
        #expect(answer.body.count == (method == "HEAD" ? 0 : 1))
        #expect(request.method == method)
        #expect(request.body == body)
        #expect(Set(request.headers.map(\.name)).isSubset(of: ["host", "accept", "content-length"]))
        #expect(request["content-length"] == (body.isEmpty ? nil : "\(body.count)"))
    }

    @Test func `an empty PUT declares its length`() async throws {
        let server = try ScriptedServer { _ in .status(200) }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest(method: "PUT", url: server.url + "/a"))
        #expect(server.requests.first?["content-length"] == "0")
    }

    @Test(arguments: ["/a/../b", "/a//b", "//a", "/./a", "/a/%2e%2e/b?x=/../y", "/a/.."])
    func `the path is sent unchanged`(path: String) async throws {
        let server = try ScriptedServer { _ in .status(200) }
        defer { server.stop() }
        _ = try await client.send(HTTPRequest(url: server.url + path))
        #expect(server.requests.first?.target == path)
    }

    @Test func `headers are sent and returned byte for byte`() async throws {
        let server = try ScriptedServer { request in
            .status(
                200,
                headers: [("X-Back", request["x-there"] ?? ""), ("x-empty", ""), ("X-Twice", "1"), ("X-Twice", "2")])
        }
        defer { server.stop() }
        let headers = [HTTPHeader("X-There", "a  b: \u{E9}"), HTTPHeader("X-Nothing", "")]
        let head = try await client.send(HTTPRequest(url: server.url, headers: headers)).head
        #expect(head.headers["x-back"] == "a  b: \u{E9}")
        #expect(head.headers["X-EMPTY"] == "")
        #expect(head.headers["x-twice"] == "1")
        #expect(head.headers["x-none"] == nil)
        #expect(server.requests.first?["x-nothing"] == "")
    }

    @Test func `a header value that is not UTF-8 is kept`() async throws {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(
                conduct: .raw(
                    Array("HTTP/1.1 200 OK\r\nX-Raw: caf".utf8) + [0xE9] + Array("\r\nContent-Length: 0\r\n\r\n".utf8)))
        }
        defer { server.stop() }
        let head = try await client.send(HTTPRequest(url: server.url)).head
        var values: [[UInt8]] = []
        head.headers.forEach(startingWith: "x-raw") { _, value in values.append(value) }
        #expect(values == [Array("caf".utf8) + [0xE9]])
    }

    @Test(arguments: ["a\r\nInjected: 1", "a\nb", "a\0b"])
    func `a header with a line break or NUL is rejected`(value: String) async throws {
        let server = try ScriptedServer { _ in .status(200) }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: server.url, headers: [HTTPHeader("X-A", value)]))
        #expect(error?.code == .invalidRequest)
        #expect(server.requests.isEmpty)
    }

    @Test func `a sink receives the body in order and the response has none`() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let server = try ScriptedServer { _ in ScriptedAnswer(body: body) }
        defer { server.stop() }
        let sink = CollectingSink()
        let answer = try await client.send(HTTPRequest(url: server.url), into: sink)
        #expect(answer.body.isEmpty)
        #expect(sink.status == 200)
        #expect(sink.body == body)
        #expect(sink.pieces > 1)
    }

    @Test func `a chunked body is reassembled`() async throws {
        let body = Array("some text in pieces".utf8)
        let server = try ScriptedServer { _ in
            ScriptedAnswer(body: body, framing: .chunked, drip: (bytes: 3, pause: .zero))
        }
        defer { server.stop() }
        #expect(try await client.send(HTTPRequest(url: server.url)).body == body)
    }

    @Test func `the body of an error is buffered and does not go to the sink`() async throws {
        let server = try ScriptedServer { _ in .status(404, "<Error/>") }
        defer { server.stop() }
        let sink = CollectingSink()
        let answer = try await client.send(HTTPRequest(url: server.url), into: sink)
        #expect(answer.head.status == 404)
        #expect(answer.body == Array("<Error/>".utf8))
        #expect(sink.status == nil)
    }

    @Test(arguments: [(200, (1 << 20) + 1), (500, 1001)], [ScriptedAnswer.Framing.exact, .chunked])
    func `a body over its limit ends the request`(_ size: (status: Int, count: Int), framing: ScriptedAnswer.Framing)
        async throws
    {
        let server = try ScriptedServer { _ in
            ScriptedAnswer(status: size.status, body: Array(repeating: 65, count: size.count), framing: framing)
        }
        defer { server.stop() }
        let error = await failure(HTTPRequest(url: server.url))
        #expect(error?.code == .tooLarge)
        #expect(error?.isTransient == false)
    }

    @Test func `headers over their limit end the request`() async throws {
        let server = try ScriptedServer { _ in
            .status(200, headers: (0..<100).map { ("x-\($0)", String(repeating: "y", count: 1000)) })
        }
        defer { server.stop() }
        #expect(await failure(HTTPRequest(url: server.url))?.code == .tooLarge)
    }

    private func failure(_ request: HTTPRequest) async -> HTTPError? {
        do {
            _ = try await client.send(request)
            return nil
        } catch { return error as? HTTPError }
    }
}
