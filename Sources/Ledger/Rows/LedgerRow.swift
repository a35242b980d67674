import Domain

/// A row that a query returned; columns count from 0.
protocol LedgerRow: ~Copyable {
    func isNull(_ index: Int32) -> Bool

    /// 0 for NULL.
    func integer(_ index: Int32) -> Int64

    /// Text or bytes, as text; nil for NULL.
    func text(_ index: Int32) -> String?

    /// The stored bytes; a number in decimal, nil for NULL.
    func bytes(_ index: Int32) -> [UInt8]?
}

extension LedgerRow where Self: ~Copyable {
    func optionalInteger(_ index: Int32) -> Int64? { isNull(index) ? nil : integer(index) }

    /// - Parameter count: the number of columns.
    func stored(_ count: Int32) -> StoredRow { (0..<count).map { bytes($0) } }
}

/// Reads columns by name. The row must have been selected by the column type's `selectList`.
extension LedgerRow where Self: ~Copyable {
    func text(_ column: some TableColumn) -> String? { text(column.index) }

    func integer(_ column: some TableColumn) -> Int64 { integer(column.index) }

    func optionalInteger(_ column: some TableColumn) -> Int64? { optionalInteger(column.index) }

    /// 1970 for NULL.
    func time(_ column: some TableColumn) -> Timestamp { Timestamp(milliseconds: integer(column)) }

    func optionalTime(_ column: some TableColumn) -> Timestamp? {
        optionalInteger(column).map { Timestamp(milliseconds: $0) }
    }
}
