internal import Digest
import Domain

extension LedgerConnection {
    /// How many entries a step checks.
    private static var batchSize: Int { 200 }

    /// Checks the entries that follow, and their rows.
    func checkEntries(after last: Int64, hash: [UInt8]?) throws(Failure) -> ChainStep {
        var step = ChainStep()
        let stored = try storedRows(
            """
            SELECT \(ChainEntry.columns) FROM chain WHERE sequence > \(Self.parameter(1))
            ORDER BY sequence LIMIT \(Self.batchSize)
            """, [.integer(last)])
        guard let (first, end) = stored.first.flatMap({ row in stored.last.map { (row.integer(0), $0.integer(0)) } })
        else {
            step.next = ChainPosition(part: .rows(table: 0, from: .min))
            return step
        }
        var walk = ChainWalk(last: last, hash: hash, gaps: try gaps(after: last, to: end))
        var entries: [ChainEntry] = []
        for (index, row) in stored.enumerated() {
            guard let entry = ChainEntry(row) else {
                step.findings.append(.unknownEntry(row))
                walk.pass(row)
                continue
            }
            let next = index + 1 < stored.count ? ChainEntry(stored[index + 1]) : nil
            walk.check(entry, before: next, &step)
            entries.append(entry)
        }
        step.entries = stored.count
        try checkRows(of: entries, first, end, &step)
        step.next = ChainPosition(part: .entries(after: end, hash: walk.hash))
        return step
    }

    /// The gaps that overlap a stretch, in order. One that was stated before it could have arisen does not count.
    private func gaps(after last: Int64, to end: Int64) throws(Failure) -> [ChainGap] {
        try storedRows(
            """
            SELECT \(ChainGap.columns) FROM chain_gaps
            WHERE last > \(Self.parameter(1)) AND first <= \(Self.parameter(2)) AND statement > last ORDER BY first
            """, [.integer(last), .integer(end)]
        ).map { ChainGap($0) }
    }

    private func checkRows(
        of entries: [ChainEntry], _ first: Int64, _ end: Int64, _ step: inout ChainStep
    ) throws(Failure) {
        var contents: [Int64: [(table: String, hash: [UInt8])]] = [:]
        for table in ChainTable.all where entries.contains(where: { $0.row.kind == table.kind }) {
            for row in try storedRows(table.joinedToChain(Self.sign), [.integer(first), .integer(end)]) {
                contents[row.integer(0), default: []].append((table.name, ChainContent.hash(row[1...], table.kind)))
            }
        }
        let passed = try superseded(first, end)
        let statements = try statements(first, end)
        for entry in entries {
            if passed.contains(entry.sequence) { continue }
            switch entry.row.kind {
            case .start, .seal:
                if entry.row.content != ChainContent.hash([], entry.row.kind) {
                    step.findings.append(.init(.changedRow, entry))
                }
                // A changed ledger may have a negative number.
                if entry.row.kind == .seal { step.sealed = step.sealed &+ max(0, entry.row.number) }
            case .prune:
                if entry.row.content != ChainGap.hash(statements[entry.sequence] ?? []) {
                    step.findings.append(
                        .init(.changedRow, entry, "what it says was pruned is not what was on record"))
                }
            case .outcome, .review, .note, .audit, .falsePositive, .revocation:
                step.findings += ChainFinding.comparing(entry, contents[entry.sequence] ?? [], among: entries)
            }
        }
    }

    /// The entries whose rows are not on record any more as they were: those of reviews that were changed again, and
    /// those of outcomes that were sealed later.
    private func superseded(_ first: Int64, _ end: Int64) throws(Failure) -> Set<Int64> {
        Set(
            try storedRows(
                """
                SELECT sequence FROM chain WHERE sequence BETWEEN \(Self.parameter(1)) AND \(Self.parameter(2))
                    AND kind IN ('review', 'outcome') AND EXISTS (SELECT 1 FROM chain AS later
                        WHERE later.job = chain.job AND later.kind = chain.kind AND later.number = chain.number
                        AND later.sequence > chain.sequence AND (later.kind = 'review' OR \(Self.isSealed("later"))))
                """, [.integer(first), .integer(end)]
            ).map { $0.integer(0) })
    }

    /// The condition that an entry is among those that a seal has chained.
    private static func isSealed(_ entry: String) -> String {
        """
        EXISTS (SELECT 1 FROM chain AS seal WHERE seal.job IS NULL AND seal.kind = 'seal' AND seal.sequence > 0
            AND seal.sequence < \(entry).sequence AND \(entry).sequence - seal.sequence <= seal.number)
        """
    }

    private func statements(_ first: Int64, _ end: Int64) throws(Failure) -> [Int64: [ChainGap]] {
        let rows = try storedRows(
            """
            SELECT statement, \(ChainGap.columns) FROM chain_gaps
            WHERE statement BETWEEN \(Self.parameter(1)) AND \(Self.parameter(2)) ORDER BY statement, first
            """, [.integer(first), .integer(end)])
        return Dictionary(grouping: rows) { $0.integer(0) }.mapValues { $0.map { ChainGap($0, from: 1) } }
    }
}

extension ChainTable {
    /// Selects the sequence and the columns of the rows that a stretch of the chain is about.
    fileprivate func joinedToChain(_ sign: String) -> String {
        """
        SELECT chain.sequence, \(columns) FROM chain, \(from)
        WHERE chain.sequence BETWEEN \(sign)1 AND \(sign)2 AND \(isChained(by: "chain")) AND \(condition)
        """
    }
}

/// Follows the chain, entry by entry.
private struct ChainWalk {
    /// The entry before.
    var last: Int64
    /// Its hash; nil if it is missing.
    var hash: [UInt8]?
    var gaps: [ChainGap]

    /// Passes over an entry that can't be read.
    mutating func pass(_ row: StoredRow) { (last, hash) = (row.integer(0), row[7]) }

    mutating func check(_ entry: ChainEntry, before next: ChainEntry?, _ step: inout ChainStep) {
        for gap in gaps where gap.first <= last + 1 && gap.last > last && gap.last < entry.sequence {
            step.pruned += gap.last - last
            (last, hash) = (gap.last, gap.hash)
        }
        if entry.sequence != last + 1 {
            step.findings.append(.missingEntries(last + 1, entry.sequence - 1))
            hash = nil
        }
        if let hash, ChainEntry.hash(entry.row, at: entry.sequence, after: hash) != entry.hash {
            let isMoved =
                next.map { ChainEntry.hash(entry.row, at: $0.sequence, after: $0.hash) == entry.hash } ?? false
            step.findings.append(
                .init(isMoved ? .movedEntry : .changedEntry, entry, isMoved ? "it was behind the next one" : ""))
        }
        (last, hash) = (entry.sequence, entry.hash)
    }
}

extension ChainFinding {
    fileprivate init(_ kind: Kind, _ entry: ChainEntry, _ detail: String = "") {
        let table = ChainTable.all.last { $0.kind == entry.row.kind }?.name ?? "chain"
        self.init(
            kind: kind, sequence: entry.sequence, table: table, job: entry.row.job.flatMap { JobID($0) },
            number: entry.row.number, detail: detail)
    }

    fileprivate static func unknownEntry(_ row: StoredRow) -> ChainFinding {
        ChainFinding(
            kind: .changedEntry, sequence: row.integer(0), table: "chain", job: nil, number: nil,
            detail: "its kind is unknown")
    }

    fileprivate static func missingEntries(_ first: Int64, _ last: Int64) -> ChainFinding {
        ChainFinding(
            kind: .missingEntry, sequence: first, table: "chain", job: nil, number: nil,
            detail: first == last ? "" : "and all up to \(last)")
    }

    /// - Parameter rows: the rows that the entry is about: one.
    fileprivate static func comparing(
        _ entry: ChainEntry, _ rows: [(table: String, hash: [UInt8])], among entries: [ChainEntry]
    ) -> [ChainFinding] {
        guard !rows.isEmpty else { return [ChainFinding(.missingRow, entry)] }
        guard let wrong = rows.first(where: { $0.hash != entry.row.content }) else {
            return rows.count == 1 ? [] : [ChainFinding(.addedRow, entry, "the row is there twice")]
        }
        let other = entries.first { $0.row.content == wrong.hash }
        return [
            ChainFinding(
                kind: other == nil ? .changedRow : .movedRow, sequence: entry.sequence, table: wrong.table,
                job: entry.row.job.flatMap { JobID($0) }, number: entry.row.number,
                detail: other.map { "it is the row of entry \($0.sequence)" } ?? "")
        ]
    }
}
