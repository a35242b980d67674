/// What a server or the way to it refused, before it is told in the ledger's terms.
enum PostgresFailure: Error {
    /// The server's word, with its SQLSTATE (PostgreSQL's manual, "PostgreSQL Error Codes").
    case server(state: String, message: String)
    /// There is no connection, or there is none any more. What was under way may have been done or not.
    case lost(message: String)
    /// A finding of our own about what the server gave.
    case refused(LedgerError)

    /// Whether the transaction was undone only because of others at work, so that it may be run again at once.
    var isCollision: Bool {
        guard case .server(let state, _) = self else { return false }
        return state == "40001" || state == "40P01"
    }

    /// Whether another connection might do better than this one: it is gone, its server stops or starts, or a standby
    /// answers in the place of a primary.
    var endsConnection: Bool {
        switch self {
        case .lost: true
        case .refused: false
        case .server(let state, _): state.hasPrefix("08") || state.hasPrefix("57P") || state == "25006"
        }
    }

    /// - Parameter operation: what was being done.
    func told(_ operation: String) -> LedgerError {
        switch self {
        case .refused(let error): return error
        case .lost(let message):
            return LedgerError(
                .unavailable, operation: operation, detail: message,
                hint: "See that the server runs and can be reached; the call may be made again.")
        case .server(let state, let message):
            let (code, hint) = Self.meaning(of: state)
            return LedgerError(code, operation: operation, detail: "\(message) (PostgreSQL \(state))", hint: hint)
        }
    }

    private static func meaning(of state: String) -> (LedgerError.Code, String) {
        switch state {
        case "25006":
            (.unavailable, "The server is read-only, as a standby is: name the primary in the ledger's address.")
        case "53300":
            (.unavailable, "The server has no connection left: raise its max_connections, or run fewer workers.")
        case "53100":
            (.full, "Make room on the server's disk; the call may be made again then.")
        case "57P04", "3D000":
            (.badAddress, "Make the database, or name another in the ledger's address.")
        case "3F000", "42P01":
            (.missing, "The ledger's tables are gone: restore them from a backup, or let `lazaret run` make new ones.")
        case "57014", "55P03", "40001", "40P01":
            (.busy, "Others keep the server or the row busy; the call may be made again.")
        case "42501":
            (
                .denied,
                "Grant this role the use of the schema \"lazaret\" and its tables; to make them it needs CREATE on the database."
            )
        default:
            switch state.prefix(2) {
            case "28": (.denied, "Look at the role and the password in the ledger's address, PGPASSFILE or PGPASSWORD.")
            case "08", "57", "53":
                (.unavailable, "See that the server runs and has room; the call may be made again.")
            case "XX", "58": (.corrupt, "Stop the workers and look at the server's log and its disk.")
            default: (.failed, "Report this with the whole line.")
            }
        }
    }
}

extension PostgresFailure {
    /// - Parameter message: libpq's words about a connection, at length: the SQLSTATE stands in front of the server's own, as in
    ///   `FATAL:  28P01: …`, and a last line says where in the server's source they are from.
    init(connecting message: String) {
        let lines = message.split(separator: "\n").filter { !$0.hasPlaceInSource }
        let words = lines.isEmpty ? "the connection is lost" : lines.joined(separator: "; ")
        // libpq's word about a setting's value, before it looks for a server: another try would hear the same.
        if words.hasPrefix("invalid ") {
            self = .refused(
                LedgerError(
                    .badAddress, operation: "read the ledger's address", detail: words,
                    hint: "Correct it there, or in the variable of libpq that says so, such as PGSSLMODE."))
            return
        }
        let parts = words.split(separator: ":", omittingEmptySubsequences: false)
        // Of several hosts the last one's.
        guard let place = parts.lastIndex(where: \.isState) else {
            self = .lost(message: words)
            return
        }
        let told = (parts[..<place] + parts[(place + 1)...]).joined(separator: ":")
        self = .server(state: String(parts[place].drop { $0 == " " }), message: told)
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

/// Lets a finding about the ledger's content pass where the server's failures do.
func refusing<Value>(_ body: () throws(LedgerError) -> Value) throws(PostgresFailure) -> Value {
    do { return try body() } catch { throw .refused(error) }
}
