/// Why libpq makes no connection though the server could be reached: what has to be set right before it is worth to try
/// again.
enum PostgresObstacle: Equatable {
    /// The server's certificate, or ours, or TLS at all.
    case tls
    /// No password where the server asks for one, or a way of asking that libpq doesn't go along with.
    case password
    /// A value in the address or the environment.
    case setting

    /// - Parameter message: libpq's words about the last host that it tried. It has no codes for them; they are in English, since
    ///   this program sets no locale for messages.
    init?(_ message: Substring) {
        func says(_ parts: String...) -> Bool { parts.contains { message.contains($0) } }
        if message.hasPrefix("invalid ")
            || says("invalid integer value", "could not match", "definition of service", "in service file")
        {
            self = .setting
        } else if says("fe_sendauth: ", "channel binding", "authentication mechanisms", "authentication method") {
            self = .password
        } else if says("does not support SSL", "certificate", "private key", "verified SSL connection") {
            self = .tls
        } else if says("SSL error: ") && !says("unexpected eof") {
            // An end without a farewell is a server that stops, or a network.
            self = .tls
        } else {
            return nil
        }
    }

    var code: LedgerError.Code {
        switch self {
        case .tls: .untrusted
        case .password: .denied
        case .setting: .badAddress
        }
    }

    var hint: String {
        switch self {
        case .tls:
            "Compare the ledger's address with the server: sslrootcert is to hold the authority that signed its certificate, the host is to be a name in it, and the server is to speak TLS where sslmode asks for it."
        case .password:
            "Give the role's password in PGPASSFILE or PGPASSWORD; a password file that others may read is passed over."
        case .setting: "Set it right in the ledger's address or in the environment."
        }
    }
}

extension PostgresFailure {
    /// - Parameter message: libpq's words about a connection, at length: the SQLSTATE stands in front of the server's own, as in
    ///   `FATAL:  28P01: …`, and a last line says where in the server's source they are from.
    init(connecting message: String) { self.init(message, isBeingMade: true) }

    /// - Parameter message: libpq's words about a connection that was there.
    init(losing message: String) { self.init(message, isBeingMade: false) }

    private init(_ message: String, isBeingMade: Bool) {
        let lines = message.split(separator: "\n").filter { !$0.hasPlaceInSource }
        let words =
            lines.isEmpty ? "the connection is lost" : lines.map { $0.drop { $0 == "\t" } }.joined(separator: "; ")
        // Of several hosts the last one's counts: libpq goes on to the next only from one that is down or starts.
        let last = words.ranges(of: "connection to server ").last.map { words[$0.lowerBound...] } ?? words[...]
        let parts = last.split(separator: ":", omittingEmptySubsequences: false)
        if let place = parts.lastIndex(where: \.isState) {
            let told = (parts[..<place] + parts[(place + 1)...]).joined(separator: ":")
            self = .server(
                state: String(parts[place].drop { $0 == " " }), message: words[..<last.startIndex] + told)
        } else if isBeingMade, let obstacle = PostgresObstacle(last) {
            self = .unmade(obstacle, message: words)
        } else {
            self = .lost(message: words)
        }
    }
}

extension Substring {
    /// Two blanks and five digits or capitals.
    fileprivate var isState: Bool {
        utf8.count == 7 && hasPrefix("  ")
            && utf8.dropFirst(2).allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    /// Whether it ends in `.c:123`.
    fileprivate var hasPlaceInSource: Bool {
        guard let colon = lastIndex(of: ":") else { return false }
        let number = self[index(after: colon)...]
        return !number.isEmpty && number.allSatisfy(\.isNumber) && self[..<colon].hasSuffix(".c")
    }
}
