import CSQLite

/// Owns one prepared statement. Its columns may be read only between a `step` that returned true and the next call.
@safe struct SQLiteStatement: ~Copyable, LedgerRow {
    private let handle: OpaquePointer

    init(_ sql: String, on database: borrowing SQLiteDatabase, _ operation: String) throws(LedgerError) {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let handle = unsafe prepared else { throw LedgerError(of: database, operation) }
        unsafe self.handle = handle
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Binds the parameters `?1`, `?2`, …. Returns false if a value does not fit.
    func bind(_ values: [SQLValue]) -> Bool {
        guard values.count == Int(unsafe sqlite3_bind_parameter_count(handle)) else { return false }
        for (index, value) in values.enumerated() where bind(value, at: Int32(index + 1)) != SQLITE_OK { return false }
        return true
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return unsafe sqlite3_bind_null(handle, index)
        case .integer(let integer):
            return unsafe sqlite3_bind_int64(handle, index, integer)
        case .text(var text):
            // The length is passed: a text may hold a NUL.
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                    unsafe sqlite3_bind_text64(
                        handle, index, bytes.baseAddress ?? emptyText, UInt64(bytes.count), copied, UInt8(SQLITE_UTF8))
                }
            }
        case .bytes(let bytes):
            guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
            return unsafe sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), copied)
        }
    }

    /// Returns true if there is a row to read, false at the end.
    func step() throws(StepFailed) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        default: throw StepFailed()
        }
    }

    /// Prepares the statement for its next use and releases its snapshot.
    func reset() {
        // The result is the failure of the last step, which was thrown already.
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String? {
        unsafe withBytes(column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func bytes(_ column: Int32) -> [UInt8]? { unsafe withBytes(column) { unsafe Array($0) } }

    var columnCount: Int32 { unsafe sqlite3_column_count(handle) }

    /// A number is converted to decimal. Returns nil for NULL.
    private func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
        guard !isNull(column) else { return nil }
        // The bytes must be read before the length: the other order may convert in between.
        let bytes = unsafe sqlite3_column_blob(handle, column)
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe body(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}

/// A step that failed; the connection holds the reason.
struct StepFailed: Error {}

/// `SQLITE_TRANSIENT`, which Swift does not import: SQLite makes a copy before the call returns.
nonisolated(unsafe) private let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// The address of an empty text: a null pointer would bind NULL.
nonisolated(unsafe) private let emptyText: UnsafePointer<CChar> = unsafe UnsafePointer(
    UnsafeMutablePointer<CChar>.allocate(capacity: 1))
