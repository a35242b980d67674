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

/// Makes untrusted text safe for a terminal: writes control and bidirectional formatting characters as `\u{…}`.
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

extension String {
    /// Pads the string with trailing spaces to `width` columns.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
