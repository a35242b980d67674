internal import Support

/// A row of a CSV file (RFC 4180), which a spreadsheet shows as texts: no cell is a formula there.
package struct CSVRow {
    package private(set) var bytes: [UInt8] = []

    package init(_ cells: [String]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(printable(cell))
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Spreadsheets take a cell that begins with one of `=+-@` for a formula, also behind blanks and in the width of
    /// Asian letters; an apostrophe before it makes it a text (OWASP, "CSV Injection").
    private mutating func append(_ cell: String) {
        let start = cell.unicodeScalars.first { !$0.properties.isWhitespace }
        let isFormula =
            start.map { "=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}\u{2212}".unicodeScalars.contains($0) } ?? false
        let text = (isFormula ? "'" : "") + cell
        guard text.utf8.contains(where: { ",\"; '".utf8.contains($0) }) || isFormula else {
            return bytes.append(contentsOf: text.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
