import CPostgres

/// Owns the result of one statement, with all its rows in memory.
@safe final class PostgresResult {
    private let handle: OpaquePointer

    /// Takes ownership of a result of libpq.
    init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQclear(handle) }

    var status: ExecStatusType { unsafe PQresultStatus(handle) }

    /// Why the statement failed.
    var failure: PostgresFailure {
        let message = unsafe PQresultErrorField(handle, primaryMessage).map { unsafe String(cString: $0) }
        let whole = unsafe PQresultErrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        let text = message ?? String(whole.split(separator: "\n").first ?? "no message")
        // Without a SQLSTATE the message is libpq's own, about the connection.
        guard let state = unsafe PQresultErrorField(handle, sqlState) else { return .lost(message: text) }
        return unsafe .server(state: String(cString: state), message: text)
    }

    var count: Int { Int(unsafe PQntuples(handle)) }

    var columnCount: Int32 { unsafe PQnfields(handle) }

    /// All rows, as they are stored.
    var stored: [StoredRow] { (0..<count).map { self[$0].stored(columnCount) } }

    subscript(row: Int) -> PostgresRow { PostgresRow(result: self, row: Int32(row)) }

    fileprivate func isNull(_ row: Int32, _ column: Int32) -> Bool { unsafe PQgetisnull(handle, row, column) != 0 }

    fileprivate func type(_ column: Int32) -> UInt32 { unsafe PQftype(handle, column) }

    fileprivate func withBytes<Value>(
        _ row: Int32, _ column: Int32, _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value {
        let count = Int(unsafe PQgetlength(handle, row, column))
        return unsafe body(UnsafeRawBufferPointer(start: PQgetvalue(handle, row, column), count: count))
    }

    // `PG_DIAG_SQLSTATE` and `PG_DIAG_MESSAGE_PRIMARY`: characters, which Swift does not import.
    private var sqlState: Int32 { 0x43 }
    private var primaryMessage: Int32 { 0x4D }
}

/// One row of a result. It keeps the result alive.
struct PostgresRow: LedgerRow {
    fileprivate let result: PostgresResult
    fileprivate let row: Int32

    func isNull(_ column: Int32) -> Bool { result.isNull(row, column) }

    /// An integer of two, four or eight bytes, or a boolean of one.
    func integer(_ column: Int32) -> Int64 {
        unsafe result.withBytes(row, column) { bytes in
            var number: Int64 = unsafe (bytes.first ?? 0) >= 0x80 ? -1 : 0
            unsafe bytes.forEach { number = number << 8 | Int64($0) }
            return number
        }
    }

    func text(_ column: Int32) -> String? {
        guard !isNull(column) else { return nil }
        let isBytes = result.type(column) == SQLValue.byteaType
        return unsafe result.withBytes(row, column) { bytes in
            unsafe isBytes ? String(decoding: bytes, as: UTF8.self) : decodedText(bytes)
        }
    }

    func bytes(_ column: Int32) -> [UInt8]? {
        guard !isNull(column) else { return nil }
        if SQLValue.integerTypes.contains(result.type(column)) { return Array(String(integer(column)).utf8) }
        return unsafe result.withBytes(row, column) { unsafe Array($0) }
    }
}
