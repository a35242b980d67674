import Foundation
import Glibc

/// The answer of a `ScriptedServer` to one request. The defaults make a correct answer, so a test sets only what it is
/// about.
package struct ScriptedAnswer: Sendable {
    package var status: Int
    /// Sent unchanged. `Content-Length` is added unless it is present or `framing` says otherwise.
    package var headers: [(String, String)]
    package var body: [UInt8]
    package var framing: Framing
    /// The wait before the first byte of the answer.
    package var delay: Duration
    /// Sends the body in pieces of this size, with a pause after each.
    package var drip: (bytes: Int, pause: Duration)?
    /// Closes the connection after this many bytes of the body.
    package var cutAfter: Int?
    /// Closes the connection after the answer, with `Connection: close`.
    package var closes: Bool
    package var conduct: Conduct
    /// Generates the body in pieces in place of `body`, so that it is never whole in memory.
    package var generated: Generated?

    package struct Generated: Sendable {
        package let length: Int64
        /// Returns the bytes of a range of the body.
        package let piece: @Sendable (Range<Int64>) -> [UInt8]

        package init(length: Int64, piece: @escaping @Sendable (Range<Int64>) -> [UInt8]) {
            self.length = length
            self.piece = piece
        }
    }

    package enum Framing: Sendable {
        /// The correct `Content-Length`.
        case exact
        /// A wrong `Content-Length`. If it exceeds the body, set `closes` too; otherwise the client waits.
        case claims(Int)
        case chunked
        /// No length: the body ends with the connection. Set `closes` too.
        case none
    }

    package enum Conduct: Sendable {
        case answers
        /// Reads the request and never answers, until the client closes or the server is stopped.
        case neverAnswers
        /// Closes the connection without an answer.
        case drops
        /// Resets the connection, which a client sees as an error and not as its end.
        case resets
        /// Sends exactly these bytes in place of an answer, then closes.
        case raw([UInt8])
    }

    package init(
        status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [], framing: Framing = .exact,
        delay: Duration = .zero, drip: (bytes: Int, pause: Duration)? = nil, cutAfter: Int? = nil, closes: Bool = false,
        conduct: Conduct = .answers
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.framing = framing
        self.delay = delay
        self.drip = drip
        self.cutAfter = cutAfter
        self.closes = closes
        self.conduct = conduct
    }

    /// An answer with a text as its body.
    package static func status(_ status: Int, _ text: String = "", headers: [(String, String)] = []) -> ScriptedAnswer {
        ScriptedAnswer(status: status, headers: headers, body: Array(text.utf8))
    }

    package static let neverAnswers = ScriptedAnswer(conduct: .neverAnswers)
    package static let drops = ScriptedAnswer(conduct: .drops)
    package static let resets = ScriptedAnswer(conduct: .resets)

    /// Returns false if the connection is to be closed.
    func write(to connection: CInt, isHead: Bool) -> Bool {
        if delay > .zero { pause(delay) }
        switch conduct {
        case .neverAnswers:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
            return false
        case .drops: return false
        case .resets:
            var atOnce = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
            return false
        case .raw(let bytes):
            _ = send(bytes, to: connection)
            return false
        case .answers: break
        }
        guard send(head, to: connection) else { return false }
        if isHead { return !closes }
        return writeBody(to: connection) && !closes && cutAfter == nil
    }

    private var head: [UInt8] {
        var lines = "HTTP/1.1 \(status) Scripted\r\n"
        for (name, value) in headers { lines += "\(name): \(value)\r\n" }
        let hasLength = headers.contains { $0.0.lowercased() == "content-length" } || status == 204 || status == 304
        switch framing {
        case .exact where !hasLength: lines += "Content-Length: \(generated?.length ?? Int64(body.count))\r\n"
        case .claims(let length): lines += "Content-Length: \(length)\r\n"
        case .chunked: lines += "Transfer-Encoding: chunked\r\n"
        case .exact, .none: break
        }
        if closes { lines += "Connection: close\r\n" }
        return Array((lines + "\r\n").utf8)
    }

    private func writeBody(to connection: CInt) -> Bool {
        if let generated { return write(generated, to: connection) }
        var rest = body.prefix(cutAfter ?? body.count)
        let isChunked = if case .chunked = framing { true } else { false }
        while !rest.isEmpty {
            let piece = Array(rest.prefix(drip?.bytes ?? 256 << 10))
            rest = rest.dropFirst(piece.count)
            let framed = isChunked ? Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A] : piece
            guard send(framed, to: connection) else { return false }
            if let drip { pause(drip.pause) }
        }
        return isChunked && cutAfter == nil ? send(Array("0\r\n\r\n".utf8), to: connection) : true
    }
}

extension ScriptedAnswer {
    private func write(_ generated: Generated, to connection: CInt) -> Bool {
        let end = min(generated.length, cutAfter.map(Int64.init) ?? .max)
        for start in stride(from: 0, to: end, by: 128 << 10) {
            guard send(generated.piece(start..<min(start + (128 << 10), end)), to: connection) else { return false }
        }
        return true
    }
}

func pause(_ duration: Duration) {
    let parts = duration.components
    Thread.sleep(forTimeInterval: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
}

/// Sends all bytes. Returns false if the connection is closed first.
func send(_ bytes: [UInt8], to connection: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let sent = rest.withUnsafeBytes {
            Glibc.send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard sent > 0 else { return false }
        rest = rest.dropFirst(sent)
    }
    return true
}
