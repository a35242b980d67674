/// A row of a CSV file (RFC 4180), which a spreadsheet shows as texts: no cell is a formula there.
package struct CSVRow {
    /// With the line end.
    package private(set) var bytes: [UInt8] = []

    package init(_ cells: [String]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(printable(cell))
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Characters that begin a formula in a spreadsheet, also in the width of Asian letters.
    private static let formulaStarts = "=+-@|%\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}\u{2212}".unicodeScalars

    /// A spreadsheet passes over leading blanks. An apostrophe before a formula makes it a text (OWASP, "CSV
    /// Injection").
    private mutating func append(_ cell: String) {
        let start = cell.unicodeScalars.first { !$0.properties.isWhitespace }
        bytes.append(UInt8(ascii: "\""))
        if start.map(Self.formulaStarts.contains) == true { bytes.append(UInt8(ascii: "'")) }
        for byte in cell.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
