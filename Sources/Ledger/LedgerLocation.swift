package import Support

/// The parsed address of a ledger.
package enum LedgerLocation: Sendable, Equatable, CustomStringConvertible {
    /// A file. A relative path is relative to the working directory.
    case sqlite(path: String)
    /// A PostgreSQL server. The address may contain a password.
    case postgres(Secret)

    /// Parses `sqlite:lazaret.db`, `sqlite:/var/lib/lazaret/lazaret.db`, `sqlite:///var/lib/lazaret/lazaret.db` and
    /// PostgreSQL URIs: `postgres://user@host:5432/database?sslmode=verify-full`.
    package init(url: String) throws(LedgerError) {
        guard let colon = url.firstIndex(of: ":") else {
            throw .badAddress("the scheme is missing", hint: "For a file write sqlite:\(url)")
        }
        let scheme = url[..<colon].lowercased()
        var path = String(url[url.index(after: colon)...])
        switch scheme {
        case "sqlite":
            if path.hasPrefix("//") {
                path.removeFirst(2)
                guard path.hasPrefix("/") else {
                    throw .badAddress(
                        "a file has no host", hint: "Write sqlite:\(path), or sqlite:///\(path) for an absolute path.")
                }
            }
            guard !path.isEmpty else {
                throw .badAddress("the file's path is missing", hint: "Write sqlite:lazaret.db")
            }
            guard path != ":memory:" else {
                throw .badAddress(
                    "a ledger in memory would lose every outcome when the process ends", hint: "Name a file.")
            }
            guard !path.utf8.contains(0) else {
                throw .badAddress("a file's path can't contain a NUL character", hint: "Name a file.")
            }
            self = .sqlite(path: path)
        case "postgres", "postgresql":
            let address = Secret(scheme + url[colon...])
            guard path.hasPrefix("//") else {
                throw .badAddress("the server is missing", hint: "Write postgres://user@host/database")
            }
            if let mistake = PostgresAddress.mistake(in: address) {
                throw .badAddress(
                    mistake,
                    hint: "Write postgres://user@host:5432/database?setting=value, with %XX for special characters.")
            }
            self = .postgres(address)
        default:
            throw .badAddress(
                "the scheme \"\(scheme)\" is unknown",
                hint: "Use a file, sqlite:lazaret.db, or a server, postgres://user@host/database")
        }
    }
}

extension LedgerLocation {
    /// Returns a warning if the server is on another host and libpq would not verify that it is the right one; nil
    /// otherwise. A judgement that is read from the ledger is acted upon.
    ///
    /// - Parameter environment: libpq's own variables are defaults of the address.
    package func unverifiedServer(environment: [String: String]) -> String? {
        guard case .postgres(let address) = self else { return nil }
        let hosts = PostgresAddress.unverifiedHosts(address, environment: environment)
        guard !hosts.isEmpty else { return nil }
        return "sslmode=verify-full is not set for \(hosts.joined(separator: ", ")): whoever can answer for that "
            + "server can have any object promoted"
    }

    /// The address with `***` in place of passwords.
    package var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let address): PostgresAddress.redacted(address)
        }
    }
}

extension LedgerError {
    fileprivate static func badAddress(_ detail: String, hint: String) -> LedgerError {
        LedgerError(.badAddress, operation: "read the ledger's address", detail: detail, hint: hint)
    }
}

/// Opens the ledger at an address, and migrates its tables to this program's version.
///
/// - Parameter creating: whether a missing store is created; otherwise it is the error `missing`.
package func openLedger(
    at url: String, log: Log, creating: Bool = true
) async throws(LedgerError) -> any Ledger {
    switch try LedgerLocation(url: url) {
    case .sqlite(let path):
        var options = SQLiteLedger.Options()
        options.creating = creating
        return try await SQLiteLedger(path: path, options: options, log: log)
    case .postgres(let address):
        var options = PostgresLedger.Options()
        options.creating = creating
        return try await PostgresLedger(address: address, options: options, log: log)
    }
}
