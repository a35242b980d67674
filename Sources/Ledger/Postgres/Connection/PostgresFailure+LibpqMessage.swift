extension PostgresFailure {
    /// The failure to open a connection.
    ///
    /// - Parameter message: libpq's verbose message: a server's own message follows its SQLSTATE, as in `FATAL:  28P01:
    ///   …`, and a last line names the place in the server's source.
    init(connecting message: String) { self.init(message, isConnecting: true) }

    /// The loss of an open connection.
    init(losing message: String) { self.init(message, isConnecting: false) }

    private init(_ message: String, isConnecting: Bool) {
        let lines = message.split(separator: "\n").filter { !$0.endsInSourceLocation }
        let whole =
            lines.isEmpty ? "the connection was lost" : lines.map { $0.drop { $0 == "\t" } }.joined(separator: "; ")
        // The last host's message counts: libpq tries the next host only if one is down or starting.
        let last = whole.ranges(of: "connection to server ").last.map { whole[$0.lowerBound...] } ?? whole[...]
        let parts = last.split(separator: ":", omittingEmptySubsequences: false)
        if let index = parts.lastIndex(where: \.isSQLState) {
            let text = (parts[..<index] + parts[(index + 1)...]).joined(separator: ":")
            self = .server(
                state: String(parts[index].drop { $0 == " " }), message: whole[..<last.startIndex] + text)
        } else if isConnecting, let cause = PostgresMisconfiguration(last) {
            self = .misconfigured(cause, message: whole)
        } else {
            self = .lost(message: whole)
        }
    }
}

extension Substring {
    /// Whether it is two spaces and five digits or capitals.
    fileprivate var isSQLState: Bool {
        utf8.count == 7 && hasPrefix("  ")
            && utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    /// Whether it ends in `.c:123`.
    fileprivate var endsInSourceLocation: Bool {
        guard let colon = lastIndex(of: ":") else { return false }
        let number = self[index(after: colon)...]
        return !number.isEmpty && number.allSatisfy(\.isNumber) && self[..<colon].hasSuffix(".c")
    }
}
