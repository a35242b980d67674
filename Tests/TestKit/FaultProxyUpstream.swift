internal import Foundation
internal import Glibc

/// A proxy's connection to the server, for the requests of one client connection.
final class UpstreamConnection: @unchecked Sendable {
    private let port: UInt16
    private var socket: CInt = -1
    private var buffer: [UInt8] = []

    /// - Parameter port: the server's port on 127.0.0.1.
    init(port: UInt16) { self.port = port }

    deinit { disconnect() }

    /// Forwards a request unchanged and returns the server's answer, or nil if the client or the server closed the
    /// connection.
    func answer(to request: ScriptedRequest) -> ScriptedAnswer? {
        let isReused = socket >= 0
        if let answer = attempt(request) { return answer }
        let hadStarted = !buffer.isEmpty
        disconnect()
        // The server closes idle connections.
        guard isReused, !hadStarted, request.isAwaited else { return nil }
        if let answer = attempt(request) { return answer }
        disconnect()
        return nil
    }

    private func attempt(_ request: ScriptedRequest) -> ScriptedAnswer? {
        guard connect() else { return nil }
        var head = "\(request.method) \(request.target) HTTP/1.1\r\n"
        for (name, value) in request.headers where !hopByHopHeaders.contains(name) { head += "\(name): \(value)\r\n" }
        guard send(Array((head + "\r\n").utf8) + request.body, to: socket) else { return nil }
        return read(for: request)
    }

    private func read(for request: ScriptedRequest) -> ScriptedAnswer? {
        guard let lines = head(request) else { return nil }
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        var headers: [(String, String)] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.append(
                (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)))
        }
        func value(_ name: String) -> String? { headers.first { $0.0.lowercased() == name }?.1 }
        let passed = headers.filter { !hopByHopHeaders.contains($0.0.lowercased()) }
        if request.method == "HEAD" || status == 204 || status == 304 {
            return ScriptedAnswer(status: status, headers: passed)
        }
        let isChunked = value("transfer-encoding")?.lowercased() == "chunked"
        guard let body = isChunked ? chunks(request) : take(value("content-length").flatMap { Int($0) } ?? 0, request)
        else { return nil }
        if value("connection")?.lowercased() == "close" { disconnect() }
        return ScriptedAnswer(
            status: status, headers: passed.filter { $0.0.lowercased() != "content-length" }, body: body)
    }

    private func head(_ request: ScriptedRequest) -> [String]? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = buffer.firstRange(of: end) {
                let text = String(decoding: buffer[..<range.lowerBound], as: UTF8.self)
                buffer.removeFirst(range.upperBound)
                return text.split(separator: "\r\n").map(String.init)
            }
            guard fill(request) else { return nil }
        }
    }

    private func chunks(_ request: ScriptedRequest) -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let line = line(request), let count = Int(line.prefix { $0 != ";" }, radix: 16),
                let piece = take(count, request), self.line(request) != nil
            else { return nil }
            if count == 0 { return body }
            body += piece
        }
    }

    private func line(_ request: ScriptedRequest) -> String? {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let text = String(decoding: buffer[..<end].filter { $0 != 0x0D }, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return text
            }
            guard fill(request) else { return nil }
        }
    }

    private func take(_ count: Int, _ request: ScriptedRequest) -> [UInt8]? {
        while buffer.count < count { guard fill(request) else { return nil } }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Waits for more bytes from the server, or for the client to disconnect.
    private func fill(_ request: ScriptedRequest) -> Bool {
        var states = [
            pollfd(fd: socket, events: CShort(POLLIN), revents: 0),
            pollfd(fd: request.descriptor, events: 0x2000, revents: 0),  // POLLRDHUP
        ]
        while poll(&states, 2, -1) < 0 { guard errno == EINTR else { return false } }
        guard states[1].revents == 0 else { return false }
        var received = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(socket, &received, received.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: received[..<count])
        return true
    }

    private func connect() -> Bool {
        if socket >= 0 { return true }
        buffer = []
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var one: CInt = 1
        setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        if code != 0 { disconnect() }
        return code == 0
    }

    private func disconnect() {
        if socket >= 0 { close(socket) }
        socket = -1
    }
}

/// Hop-by-hop headers, which are not forwarded.
private let hopByHopHeaders: Set<String> = ["connection", "keep-alive", "transfer-encoding", "expect"]
