/// A table of figures.
struct ReportTable {
    enum Column {
        case words(String)
        case figures(String)
    }

    let title: String
    let columns: [Column]
    let rows: [[String]]
    /// Written in place of the table if it has no rows.
    var ifEmpty = "None."

    @HTMLBuilder var html: [HTML] {
        tag(.h3, title)
        if rows.isEmpty {
            tag(.p, [.init(.class, "none")], ifEmpty)
        } else {
            tag(.table) {
                tag(.thead) { tag(.tr) { for column in columns { heading(column) } } }
                tag(.tbody) {
                    for row in rows { tag(.tr) { for (column, cell) in zip(columns, row) { self.cell(column, cell) } } }
                }
            }
        }
    }

    private func heading(_ column: Column) -> HTML {
        switch column {
        case .words(let name): tag(.th, [.init(.scope, "col")], name)
        case .figures(let name): tag(.th, [.init(.scope, "col"), .init(.class, "figures")], name)
        }
    }

    private func cell(_ column: Column, _ text: String) -> HTML {
        switch column {
        case .words: tag(.td, text)
        case .figures: tag(.td, [.init(.class, "figures")], text)
        }
    }
}
