/// A row that a database gave, its columns counted from 0.
protocol LedgerRow: ~Copyable {
    func isNull(_ column: Int32) -> Bool

    /// 0 for NULL.
    func integer(_ column: Int32) -> Int64

    /// Text or bytes, as text; nil for NULL.
    func text(_ column: Int32) -> String?
}

extension LedgerRow where Self: ~Copyable {
    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
}
