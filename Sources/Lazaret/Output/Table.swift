internal import Support

/// A text table whose columns are as wide as their widest cell.
struct Table {
    private var widths: [Int]
    /// The headings and rows that `takeText` has not returned yet.
    private var rows: [[String]]

    init(_ headings: String...) {
        rows = [headings]
        widths = headings.map(\.count)
    }

    mutating func add(_ cells: String...) {
        let row = cells.map(printable)
        for column in row.indices { widths[column] = max(widths[column], row[column].count) }
        rows.append(row)
    }

    /// Returns the lines added since the last call; the first call begins with the headings. Later parts keep the
    /// column widths of earlier ones.
    mutating func takeText() -> String {
        defer { rows = [] }
        return rows.map { row in
            var line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

extension String {
    /// Pads the string with trailing spaces to `width` columns.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
