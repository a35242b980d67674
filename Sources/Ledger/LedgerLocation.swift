package import Support

/// Where a ledger is kept, read from its address.
package enum LedgerLocation: Sendable, Equatable {
    /// A file; a relative path is relative to the working folder.
    case sqlite(path: String)

    /// Reads `sqlite:lazaret.db`, `sqlite:/var/lib/lazaret/lazaret.db` and `sqlite:///var/lib/lazaret/lazaret.db`.
    package init(url: String) throws(LedgerError) {
        guard let colon = url.firstIndex(of: ":") else {
            throw .badAddress("it names no kind of store", hint: "For a file write sqlite:\(url)")
        }
        let scheme = url[..<colon].lowercased()
        var path = String(url[url.index(after: colon)...])
        switch scheme {
        case "sqlite":
            if path.hasPrefix("//") {
                path.removeFirst(2)
                guard path.hasPrefix("/") else {
                    throw .badAddress(
                        "a file has no host", hint: "Write sqlite:\(path), or sqlite:///\(path) from the root.")
                }
            }
            guard !path.isEmpty else { throw .badAddress("it names no file", hint: "Write sqlite:lazaret.db") }
            guard path != ":memory:" else {
                throw .badAddress(
                    "a ledger in memory would forget every outcome when the process ends", hint: "Name a file.")
            }
            guard !path.utf8.contains(0) else {
                throw .badAddress("a file's path can't hold a NUL", hint: "Name a file.")
            }
            self = .sqlite(path: path)
        case "postgres", "postgresql":
            // The address may hold a password: it is not repeated.
            throw .badAddress(
                "this build has no driver for PostgreSQL yet", hint: "Use a file: sqlite:lazaret.db")
        default:
            throw .badAddress("no driver is called \"\(scheme)\"", hint: "Use a file: sqlite:lazaret.db")
        }
    }
}

extension LedgerError {
    fileprivate static func badAddress(_ detail: String, hint: String) -> LedgerError {
        LedgerError(.badAddress, operation: "read the ledger's address", detail: detail, hint: hint)
    }
}

/// Opens the ledger at an address, with its tables brought up to this program's version.
///
/// - Parameters:
///   - creating: whether a store that is not there is made; without it, that is the error `missing`.
package func openLedger(
    at url: String, log: Log, creating: Bool = true
) async throws(LedgerError) -> any Ledger {
    switch try LedgerLocation(url: url) {
    case .sqlite(let path):
        var options = SQLiteLedger.Options()
        options.creating = creating
        return try await SQLiteLedger(path: path, options: options, log: log)
    }
}
