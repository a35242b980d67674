import Glibc
import HTTP
import Listener
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient() }

    private func listener() throws -> Listener {
        try Listener(on: #require(ListenAddress("127.0.0.1:0"))) { path in
            switch path {
            case "/healthz": Page("ok\n")
            case "/page": Page(status: 503, contentType: "text/html", "<p>späť</p>")
            case "/empty": Page("")
            default: nil
            }
        }
    }

    private func ask(
        _ listener: Listener, _ path: String, method: String = "GET", body: [UInt8] = []
    ) async throws -> HTTPResponse {
        try await client.send(
            HTTPRequest(method: method, url: "http://127.0.0.1:\(listener.port)\(path)", body: body))
    }

    @Test func `a page is returned with its status and content type`() async throws {
        let listener = try listener()
        #expect(listener.port != 0)
        let health = try await ask(listener, "/healthz")
        #expect(health.status == 200 && health.body == Array("ok\n".utf8))
        #expect(health.headers["content-type"] == "text/plain; charset=utf-8")
        let page = try await ask(listener, "/page")
        #expect(page.status == 503 && page.body == Array("<p>späť</p>".utf8))
        #expect(page.headers["content-type"] == "text/html")
        let empty = try await ask(listener, "/empty")
        #expect(empty.status == 200 && empty.body.isEmpty)
    }

    @Test func `a process with more than 1024 descriptors can listen`() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        var taken: [CInt] = []
        defer { for descriptor in taken { close(descriptor) } }
        while taken.last ?? 0 <= 1024 {
            let copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
            try #require(copy >= 0)
            taken.append(copy)
        }
        let listener = try listener()
        #expect(try await ask(listener, "/healthz").status == 200)
    }

    @Test func `a query string does not change the page`() async throws {
        let listener = try listener()
        #expect(try await ask(listener, "/healthz?now=1").status == 200)
    }

    @Test func `a HEAD response has no body`() async throws {
        let listener = try listener()
        let head = try await ask(listener, "/healthz", method: "HEAD")
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(head.headers["content-length"] == "3")
        #expect(try await ask(listener, "/nothing", method: "HEAD").status == 404)
    }

    @Test(arguments: ["/", "/nothing", "/healthz/", "/HEALTHZ", "/../healthz"])
    func `an unknown path returns 404`(_ path: String) async throws {
        let listener = try listener()
        let answer = try await ask(listener, path)
        #expect(answer.status == 404 && answer.body == Array("no such page\n".utf8))
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS"])
    func `another method returns 405`(_ method: String) async throws {
        let listener = try listener()
        let answer = try await ask(listener, "/healthz", method: method, body: method == "POST" ? [1, 2, 3] : [])
        #expect(answer.status == 405 && answer.body == Array("GET and HEAD only\n".utf8))
        #expect(answer.headers["allow"] == "GET, HEAD")
        #expect(try await ask(listener, "/healthz").status == 200)
    }

    @Test func `listeners use different ports`() async throws {
        let (one, other) = (try listener(), try listener())
        #expect(one.port != other.port)
        #expect(try await ask(one, "/healthz").status == 200)
        #expect(try await ask(other, "/healthz").status == 200)
    }

    @Test func `the error for an occupied port says how to fix it`() throws {
        let first = try listener()
        try withExtendedLifetime(first) {
            let address = try #require(ListenAddress("127.0.0.1:\(first.port)"))
            let error = #expect(throws: Listener.ListenError.self) { try Listener(on: address) { _ in nil } }
            #expect(
                error?.description
                    == "can't listen on 127.0.0.1:\(first.port): Address already in use; give --listen a free HOST:PORT"
            )
        }
    }

    @Test func `an address of another machine is an error`() throws {
        // Reserved for documentation (RFC 5737).
        let address = try #require(ListenAddress("192.0.2.1:0"))
        let error = #expect(throws: Listener.ListenError.self) { try Listener(on: address) { _ in nil } }
        #expect(error?.reason == "Cannot assign requested address")
    }

    @Test func `the port is free after the listener is destroyed`() throws {
        var first: Listener? = try listener()
        let port = first?.port ?? 0
        first = nil
        let second = try Listener(on: #require(ListenAddress("127.0.0.1:\(port)"))) { _ in nil }
        #expect(second.port == port)
    }
}

extension HTTPResponse {
    fileprivate var status: Int { head.status }
    fileprivate var headers: HTTPHeaders { head.headers }
}
