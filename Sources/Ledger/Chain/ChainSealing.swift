import Domain
import Support

extension LedgerConnection {
    /// How many rows of a table a step looks at.
    private static var sealWindow: Int64 { 500 }

    /// Chains what programs of a version without the chain have written since it began: rows that no entry is about,
    /// and those rows that such programs change later. Other rows that are not as their entries say stay findings.
    ///
    /// - Parameter position: in the rows of a table.
    /// - Returns: the rows, and where the next step begins.
    func sealStep(from position: ChainPosition, isDryRun: Bool, at time: Timestamp) throws(Failure) -> ChainStep {
        guard case .rows(let index, let key) = position.part, ChainTable.all.indices.contains(index) else {
            return ChainStep()
        }
        let table = ChainTable.all[index]
        // Locked before the rows are read: another writer that has committed one of them has chained it.
        try lockChain()
        guard let window = try nextWindow(of: table, from: key, size: Self.sealWindow) else {
            return ChainStep(next: ChainPosition(part: .rows(table: index + 1, from: .min)))
        }
        var step = ChainStep(next: ChainPosition(part: .afterRows(of: index, window.last)))
        var rows: [ChainContent] = []
        let known = "SELECT content FROM chain WHERE \(table.isChained(by: "chain")) ORDER BY sequence DESC LIMIT 1"
        let stored = try storedRows(
            table.select(Self.isIn(table), with: "(\(known))"), [.integer(window.first), .integer(window.last)])
        for fields in stored {
            let row = ChainContent(Array(fields.dropLast()), table.kind)
            let content = fields.last ?? nil
            guard content == nil || (table.isChangedByOthers && content != row.content) else { continue }
            rows.append(row)
            step.findings.append(
                ChainFinding(
                    kind: content == nil ? .addedRow : .changedRow, sequence: nil, table: table.name,
                    job: row.job.flatMap { JobID($0) }, number: row.number, detail: ""))
        }
        step.sealed = Int64(rows.count)
        guard !isDryRun, !rows.isEmpty else { return step }
        let seal = ChainContent(
            kind: .seal, number: step.sealed, at: time.milliseconds, content: ChainContent.hash([], .seal))
        try appendLocked([seal] + rows)
        return step
    }
}

extension ChainPosition {
    /// The first row of the first table.
    package static let firstRow = ChainPosition(part: .rows(table: 0, from: .min))
}

extension ChainPosition.Part {
    /// The rows behind a window of keys.
    static func afterRows(of table: Int, _ last: Int64) -> ChainPosition.Part {
        last == .max ? .rows(table: table + 1, from: .min) : .rows(table: table, from: last + 1)
    }
}
