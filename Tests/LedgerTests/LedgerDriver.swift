import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Ledger

/// The drivers that the contract suites run on. A new driver is a new case.
enum LedgerDriver: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }

    /// Runs `body` on the address of a new store, which is removed afterwards.
    func withStore(_ body: (_ url: String) async throws -> Void) async throws {
        switch self {
        case .sqlite:
            try await withFolder { try await body("sqlite:\($0)/ledger.db") }
        case .postgres:
            let server = try await PostgresServer.shared()
            try await server.withDatabase { try await body(server.url($0)) }
        }
    }

    /// Runs `body` on an empty ledger.
    func withLedger(_ body: (any Ledger) async throws -> Void) async throws {
        try await withStore { url in
            let ledger = try await openLedger(at: url, log: .silent)
            try await body(ledger)
            await ledger.close()
        }
    }
}

extension Log {
    static let silent = Log(write: { _ in })
}
