/// Rows under headings, in columns as wide as they need.
struct Table {
    private var widths: [Int]
    /// The headings and the rows that were not given out yet.
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

    /// The lines since the last call; the first of all are the headings. What is given out in parts has columns as wide as
    /// any part so far needed.
    mutating func takeText() -> String {
        defer { rows = [] }
        return rows.map { row in
            var line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

/// A text that a stranger chose, safe for a terminal: control and direction-changing characters as `\u{…}`.
func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    return text.unicodeScalars.map { isUnsafe($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
}

private func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
}
