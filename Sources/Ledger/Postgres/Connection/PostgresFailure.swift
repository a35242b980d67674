/// A failure of the server or of the connection to it, before it becomes a `LedgerError`.
enum PostgresFailure: Error {
    /// An error that the server reported, with its SQLSTATE (PostgreSQL's manual, "PostgreSQL Error Codes").
    case server(state: String, message: String)
    /// The connection could not be opened, or was lost. The server may have carried out the pending statements.
    case lost(message: String)
    /// libpq refused to connect, for a reason that retrying does not change.
    case misconfigured(PostgresMisconfiguration, message: String)
    /// An error of this module about what the server returned.
    case ledger(LedgerError)

    /// Whether the transaction was rolled back because of a concurrent one, and may be retried at once.
    var isCollision: Bool {
        guard case .server(let state, _) = self else { return false }
        return state == "40001" || state == "40P01"
    }

    /// Whether another connection might succeed: this one is lost, its server is starting or stopping, or a standby
    /// answered in place of the primary.
    var endsConnection: Bool {
        switch self {
        case .lost, .misconfigured: true
        case .ledger: false
        case .server(let state, _): state.hasPrefix("08") || state.hasPrefix("57P") || state == "25006"
        }
    }

    /// The failure as an error of the ledger.
    func ledgerError(during operation: String) -> LedgerError {
        switch self {
        case .ledger(let error): return error
        case .lost(let message):
            return LedgerError(
                .unavailable, operation: operation, detail: message,
                hint: "Check that the server is running and reachable, then try again.")
        case .misconfigured(let cause, let message):
            return LedgerError(cause.code, operation: operation, detail: message, hint: cause.hint)
        case .server(let state, let message):
            let (code, hint) = Self.codeAndHint(for: state)
            return LedgerError(code, operation: operation, detail: "\(message) (PostgreSQL \(state))", hint: hint)
        }
    }

    private static func codeAndHint(for state: String) -> (LedgerError.Code, String) {
        switch state {
        case "25006":
            (.unavailable, "The server is read-only, like a standby: name the primary in the ledger's address.")
        case "53300":
            (.unavailable, "The server has no free connections: raise its max_connections, or run fewer workers.")
        case "53100":
            (.full, "Free space on the server's disk, then try again.")
        case "57P04", "3D000":
            (.badAddress, "Create the database, or name another one in the ledger's address.")
        case "3F000", "42P01":
            (
                .missing,
                "The ledger's tables are missing: restore them from a backup, or let `lazaret run` create new ones."
            )
        case "57014", "55P03", "40001", "40P01":
            (.busy, "The server or the row is in use by others: try again.")
        case "42501":
            (
                .denied,
                "Grant this role access to the schema \"lazaret\" and its tables; to create them it needs CREATE on the database."
            )
        default:
            switch state.prefix(2) {
            case "28": (.denied, "Check the role and the password in the ledger's address, PGPASSFILE or PGPASSWORD.")
            case "08", "57", "53":
                (.unavailable, "Check that the server is running and has free memory and connections, then try again.")
            case "XX", "58": (.corrupt, "Stop the workers, and check the server's log and its disk.")
            default: (.failed, "Report this with the whole line.")
            }
        }
    }
}

/// Rethrows the ledger's own errors as failures of the server are thrown.
func asPostgresFailure<Value>(_ body: () throws(LedgerError) -> Value) throws(PostgresFailure) -> Value {
    do { return try body() } catch { throw .ledger(error) }
}
