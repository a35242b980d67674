/// What a server or the way to it refused, before it is told in the ledger's terms.
enum PostgresFailure: Error {
    /// The server's word, with its SQLSTATE (PostgreSQL's manual, "PostgreSQL Error Codes").
    case server(state: String, message: String)
    /// There is no connection, or there is none any more. What was under way may have been done or not.
    case lost(message: String)
    /// A connection that libpq itself did not make, for a reason that does not pass.
    case unmade(PostgresObstacle, message: String)
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
        case .lost, .unmade: true
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
        case .unmade(let obstacle, let message):
            return LedgerError(obstacle.code, operation: operation, detail: message, hint: obstacle.hint)
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

/// Lets a finding about the ledger's content pass where the server's failures do.
func refusing<Value>(_ body: () throws(LedgerError) -> Value) throws(PostgresFailure) -> Value {
    do { return try body() } catch { throw .refused(error) }
}
