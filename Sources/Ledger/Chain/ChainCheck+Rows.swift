internal import Digest
import Domain

extension LedgerConnection {
    /// How many keys a step looks at.
    private static var windowSize: Int64 { 2000 }

    func chainStep(from position: ChainPosition) throws(Failure) -> ChainStep {
        switch position.part {
        case .entries(let last, let hash): return try checkEntries(after: last, hash: hash)
        case .rows(let table, let key): return try findAddedRows(table, from: key)
        case .states(let key): return try checkStates(from: key)
        case .statements: return try findAddedStatements()
        }
    }

    private func findAddedRows(_ index: Int, from key: Int64) throws(Failure) -> ChainStep {
        guard ChainTable.all.indices.contains(index) else {
            return ChainStep(next: ChainPosition(part: .states(from: .min)))
        }
        let table = ChainTable.all[index]
        guard let window = try nextWindow(of: table, from: key, size: Self.windowSize) else {
            return ChainStep(next: ChainPosition(part: .rows(table: index + 1, from: .min)))
        }
        let added = try storedRows(
            """
            SELECT \(table.job), \(table.number) FROM \(table.from) WHERE \(table.condition) AND \(Self.isWithin(table))
                AND NOT EXISTS (SELECT 1 FROM chain WHERE \(table.isChained(by: "chain")))
            """, [.integer(window.first), .integer(window.last)])
        let findings = added.map { row in
            ChainFinding(
                kind: .addedRow, sequence: nil, table: table.name, job: row.text(0).flatMap { JobID($0) },
                number: row.integer(1), detail: "no entry is about it")
        }
        return ChainStep(findings: findings, next: ChainPosition(part: .afterRows(of: index, window.last)))
    }

    /// Compares `jobs.review` with the state that the latest entry of the job left; an open job has none. A seal may
    /// chain a past outcome after the last one.
    private func checkStates(from key: Int64) throws(Failure) -> ChainStep {
        guard let window = try nextWindow(of: .outcomes, from: key, size: Self.windowSize) else {
            return ChainStep(next: ChainPosition(part: .statements))
        }
        let latest = """
            SELECT chain.state FROM chain WHERE chain.job = jobs.id AND chain.kind IN ('outcome', 'review')
                AND (chain.kind = 'review' OR chain.number = jobs.attempts)
            ORDER BY chain.sequence DESC LIMIT 1
            """
        let wrong = try storedRows(
            """
            SELECT id, review FROM jobs WHERE \(Self.isWithin(.outcomes))
                AND review IS DISTINCT FROM CASE WHEN outcome IS NULL THEN NULL ELSE (\(latest)) END
            """, [.integer(window.first), .integer(window.last)])
        let findings = wrong.map { row in
            ChainFinding(
                kind: .changedState, sequence: nil, table: "jobs", job: row.text(0).flatMap { JobID($0) }, number: nil,
                detail: "the state of its review is \(row.text(1) ?? "missing")")
        }
        let next: ChainPosition.Part = window.last == .max ? .statements : .states(from: window.last + 1)
        return ChainStep(findings: findings, next: ChainPosition(part: next))
    }

    private func findAddedStatements() throws(Failure) -> ChainStep {
        let rows = try storedRows(
            """
            SELECT DISTINCT statement FROM chain_gaps WHERE NOT EXISTS (SELECT 1 FROM chain
                WHERE chain.sequence = chain_gaps.statement AND chain.kind = 'prune') ORDER BY statement LIMIT 1000
            """, [])
        let findings = rows.map { row in
            ChainFinding(
                kind: .addedRow, sequence: nil, table: "chain_gaps", job: nil, number: row.integer(0),
                detail: "no entry is about it")
        }
        return ChainStep(findings: findings)
    }

    /// Returns the last entry; nil if there is none.
    func chainHead() throws(Failure) -> ChainHead? {
        let sql = "SELECT \(ChainEntry.columns) FROM chain ORDER BY sequence DESC LIMIT 1"
        return try storedRows(sql, []).first.flatMap { ChainEntry($0) }.map { entry in
            ChainHead(
                sequence: entry.sequence, hash: hexadecimal(entry.hash), at: Timestamp(milliseconds: entry.row.at))
        }
    }

    func chainPlace(at sequence: Int64) throws(Failure) -> ChainPlace {
        let entry = try storedRows("SELECT hash FROM chain WHERE sequence = \(Self.parameter(1))", [.integer(sequence)])
        if let hash = entry.first?[0] { return .hash(hexadecimal(hash)) }
        guard let head = try chainHead(), sequence <= head.sequence else { return .beyondEnd }
        let gaps = try storedRows(
            """
            SELECT \(ChainGap.columns) FROM chain_gaps
            WHERE first <= \(Self.parameter(1)) AND last >= \(Self.parameter(1)) AND statement > last
            """, [.integer(sequence)]
        ).map { ChainGap($0) }
        guard let gap = gaps.first else { return .missing }
        return gap.last == sequence ? .hash(hexadecimal(gap.hash)) : .pruned
    }
}

extension LedgerError {
    /// A ledger of an earlier schema, which must not be migrated.
    static func outdated(_ operation: String, _ version: Int64, _ latest: Int64) -> LedgerError {
        LedgerError(
            .missing, operation: operation,
            detail: "the ledger has schema version \(version), and this program needs \(latest)",
            hint: "Any command of this version that writes migrates it, such as `lazaret run`.")
    }

    static func withoutChain(_ operation: String) -> LedgerError {
        .corrupt(operation, "the ledger's chain has no entry that can be read")
    }
}
