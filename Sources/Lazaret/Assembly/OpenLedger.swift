internal import Ledger
internal import Support
internal import Worker

/// Opens a worker's ledger, creates it if it is missing, and retries while it can't be reached.
///
/// - Throws: `CommandFailure`.
func openWorkerLedger(_ ledger: RetryingLedger, at url: String, log: Log) async throws {
    do {
        try await ledger.open { () throws(LedgerError) in try await openLedger(at: url, log: log) }
    } catch {
        throw failure(of: error)
    }
}

/// Opens a ledger that exists already. A missing one is an error: creating it here would answer every question with
/// "nothing".
///
/// - Throws: `CommandFailure`.
func openExistingLedger(_ arguments: Arguments) async throws -> any Ledger {
    do {
        return try await openLedger(
            at: arguments.required("ledger"), log: Log(threshold: .warning), creating: false)
    } catch let error as LedgerError {
        throw failure(of: error)
    }
}

/// Runs a ledger call and turns its error into a `CommandFailure`.
func readLedger<Value>(_ body: () async throws(LedgerError) -> Value) async throws -> Value {
    do {
        return try await body()
    } catch {
        throw failure(of: error)
    }
}

/// The exit status and the text for an error of the ledger.
func failure(of error: LedgerError) -> CommandFailure {
    CommandFailure(error.isTransient ? .unavailable : .configuration, "\(error)")
}
