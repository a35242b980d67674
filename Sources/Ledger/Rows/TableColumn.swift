/// The columns of a table under their names in the schema. Both drivers write and read a column by its case here.
protocol TableColumn: RawRepresentable, CaseIterable, Equatable, Sendable where RawValue == String {
    /// Every column, in the order of the select list.
    static var selected: [Self] { get }
}

extension TableColumn {
    /// The columns that a record is read from.
    static var selectList: String { selected.list }

    /// The column's index in a row that `selectList` selected.
    var index: Int32 {
        guard let index = Self.selected.firstIndex(of: self) else { preconditionFailure("\(rawValue) is not selected") }
        return Int32(index)
    }
}

extension Sequence where Element: TableColumn {
    /// `verdict, lists, bytes_read`
    var list: String { map(\.rawValue).joined(separator: ", ") }
}

/// Columns of a table, each with the value that is written to it.
///
/// A statement takes its columns and its values from the same list, so their order agrees.
struct ColumnBindings<Column: TableColumn, Source>: Sendable {
    typealias Binding = (column: Column, value: @Sendable (Source) -> SQLValue)

    private let bindings: [Binding]

    init(_ bindings: [Binding]) { self.bindings = bindings }

    var columns: [Column] { bindings.map(\.column) }

    func values(of source: Source) -> [SQLValue] { bindings.map { $0.value(source) } }

    /// `INSERT INTO jobs (id, bucket) VALUES (?1, ?2)`
    ///
    /// - Parameter sign: opens the name of a parameter: `?` in SQLite, `$` in PostgreSQL.
    func insert(into table: String, _ sign: Character) -> String {
        let parameters = (1...bindings.count).map { "\(sign)\($0)" }.joined(separator: ", ")
        return "INSERT INTO \(table) (\(columns.list)) VALUES (\(parameters))"
    }

    /// `verdict = $4, lists = $5`
    ///
    /// - Parameter parameter: returns the expression that is assigned to the column at an index of `columns`.
    func assignments(_ parameter: (_ index: Int, _ column: Column) -> String) -> String {
        columns.enumerated().map { "\($1.rawValue) = \(parameter($0, $1))" }.joined(separator: ", ")
    }
}
