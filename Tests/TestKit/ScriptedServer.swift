import Foundation
import Glibc
import Support

/// An HTTP/1.1 server on 127.0.0.1 whose answers a test writes, correct or faulty.
///
/// ```swift
/// let server = try ScriptedServer { request in
///     request.index == 0 ? .status(503, "slow down") : ScriptedAnswer(body: Array("hello".utf8))
/// }
/// defer { server.stop() }
/// // … send requests to server.url, then check server.requests
/// ```
/// Each connection has its own thread and stays open until the client, the script or `stop` closes it.
package final class ScriptedServer: Sendable {
    /// `http://127.0.0.1:PORT`, without a slash at its end.
    package let url: String
    package let port: UInt16

    private let listener: CInt
    private let keepsRequests: Bool
    private let answer: @Sendable (ScriptedRequest) -> ScriptedAnswer
    private let state = Locked(State())

    private struct State {
        var requests: [ScriptedRequest] = []
        var requestCount = 0
        var connections: Set<CInt> = []
        var connectionCount = 0
        var isStopped = false
    }

    /// - Parameters:
    ///   - keepsRequests: whether `requests` keeps all requests.
    ///   - answer: called for each request on the thread of its connection, possibly concurrently.
    package init(
        keepsRequests: Bool = true, _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer
    ) throws {
        self.keepsRequests = keepsRequests
        self.answer = answer
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, length) == 0, listen(listener, 128) == 0 else { return CInt(-1) }
                return getsockname(listener, address, &length)
            }
        }
        guard listener >= 0, code == 0 else { throw SystemError("listen on 127.0.0.1") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        url = "http://127.0.0.1:\(port)"
        Thread.detachNewThread { [self] in acceptConnections() }
    }

    /// The requests that were received completely, in order.
    package var requests: [ScriptedRequest] { state.withLock { $0.requests } }

    /// The number of connections opened so far.
    package var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// Closes the port and all connections, which ends delayed and slow answers.
    package func stop() {
        // Under the lock, so that none of the descriptors is closed meanwhile: its number could be another server's.
        state.withLock { state in
            if state.isStopped { return }
            state.isStopped = true
            shutdown(listener, CInt(SHUT_RDWR))
            for connection in state.connections { shutdown(connection, CInt(SHUT_RDWR)) }
        }
    }

    private func acceptConnections() {
        defer {
            state.withLock { $0.isStopped = true }
            close(listener)
        }
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            let number = state.withLock { state -> Int? in
                if state.isStopped { return nil }
                state.connections.insert(connection)
                state.connectionCount += 1
                return state.connectionCount - 1
            }
            guard let number else {
                close(connection)
                return
            }
            Thread.detachNewThread { [self] in
                serve(connection, number: number)
                // Removed before it is closed: `stop` must not shut down a reused descriptor.
                state.withLock { _ = $0.connections.remove(connection) }
                close(connection)
            }
        }
    }

    private func serve(_ connection: CInt, number: Int) {
        var one: CInt = 1
        setsockopt(connection, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        var reader = RequestReader(connection)
        while let parsed = reader.next() {
            let request = state.withLock { state in
                let request = ScriptedRequest(
                    parsed, connection: number, descriptor: connection, index: state.requestCount)
                state.requestCount += 1
                if keepsRequests { state.requests.append(request) }
                return request
            }
            guard answer(request).write(to: connection, isHead: request.method == "HEAD") else { return }
        }
    }
}

/// One request as the server received it.
package struct ScriptedRequest: Sendable {
    package let method: String
    /// Path and query, unchanged.
    package let target: String
    /// In the order received, with names in lowercase.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The number of the connection, from 0.
    package let connection: Int
    /// The connection's descriptor, open until the request is answered.
    package let descriptor: CInt
    /// The number of the request on this server, from 0.
    package let index: Int

    /// The target up to the `?`.
    package var path: String { String(target.prefix { $0 != "?" }) }
    /// The target after the `?`, or empty.
    package var query: String { String(target.dropFirst(path.count + 1)) }
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first value of a header.
    package subscript(name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

    /// Whether the client still waits for the answer. Valid until the request is answered.
    package var isAwaited: Bool {
        let ended = CShort(POLLHUP | POLLERR | 0x2000)  // POLLRDHUP
        var state = pollfd(fd: descriptor, events: ended, revents: 0)
        return poll(&state, 1, 0) == 0
    }

    fileprivate init(_ parsed: RequestReader.Parsed, connection: Int, descriptor: CInt, index: Int) {
        method = parsed.method
        target = parsed.target
        headers = parsed.headers
        body = parsed.body
        self.connection = connection
        self.descriptor = descriptor
        self.index = index
    }
}

/// Reads requests from a connection, one after the other.
private struct RequestReader {
    struct Parsed {
        var method: String
        var target: String
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
    }

    private let connection: CInt
    private var buffer: [UInt8] = []

    init(_ connection: CInt) { self.connection = connection }

    mutating func next() -> Parsed? {
        var end = headerEnd
        while end == nil {
            guard fill() else { return nil }
            end = headerEnd
        }
        guard let end else { return nil }
        // `\r\n` is one Character, so the lines are split by bytes.
        let lines = buffer[..<end].split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        buffer.removeFirst(end)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3 else { return nil }
        var parsed = Parsed(method: String(words[0]), target: String(words[1]))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            parsed.headers.append((line[..<colon].lowercased(), value))
        }
        let length = parsed.headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        while buffer.count < length { guard fill() else { return nil } }
        parsed.body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return parsed
    }

    private var headerEnd: Int? {
        guard buffer.count >= 4 else { return nil }
        for index in 0...buffer.count - 4 where buffer[index] == 0x0D && buffer[index + 2] == 0x0D {
            if buffer[index + 1] == 0x0A && buffer[index + 3] == 0x0A { return index + 4 }
        }
        return nil
    }

    private mutating func fill() -> Bool {
        var received = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(connection, &received, received.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: received[..<count])
        return true
    }
}
