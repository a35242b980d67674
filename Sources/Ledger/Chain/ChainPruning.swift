extension LedgerConnection {
    /// Removes the entries of jobs that this transaction has removed, and appends the statement of which they were: the
    /// stretches of the chain, each with the hash of its last entry, so that the rest can still be verified.
    ///
    /// - Parameter isAmong: the condition that `job` is among those of the first parameter, `jobs`.
    func pruneChain(of count: Int, jobs: SQLValue, isAmong: String, at time: Int64) throws(Failure) {
        try lockChain()
        var end = ChainEnd(try storedRows(ChainEnd.select, []))
        let removed = try storedRows("DELETE FROM chain WHERE \(isAmong) RETURNING sequence, hash", [jobs])
        let gaps = ChainGap.merging(removed.map { ($0.integer(0), $0[1] ?? []) })
        let row = ChainContent(kind: .prune, number: Int64(count), at: time, content: ChainGap.hash(gaps))
        let entries = end.append([row])
        let insert = """
            INSERT INTO chain_gaps (statement, first, last, hash)
            VALUES (\((1...4).map { Self.parameter($0) }.joined(separator: ", ")))
            """
        let statement = entries[0].sequence
        try runEach(
            entries.map { (ChainEntry.insert(Self.sign), $0.values) }
                + gaps.map { (insert, [.integer(statement), .integer($0.first), .integer($0.last), .bytes($0.hash)]) })
    }
}

/// A stretch of the chain whose entries were removed by a pruning.
struct ChainGap: Sendable, Equatable {
    let first: Int64
    let last: Int64
    /// That of the last entry.
    let hash: [UInt8]

    static let columns = "first, last, hash"

    init(first: Int64, last: Int64, hash: [UInt8]) {
        self.first = first
        self.last = last
        self.hash = hash
    }

    /// Reads a row of `columns`, which begins at an index.
    init(_ row: StoredRow, from index: Int = 0) {
        self.init(first: row.integer(index), last: row.integer(index + 1), hash: row[index + 2] ?? [])
    }

    /// Returns the longest stretches of consecutive entries.
    static func merging(_ entries: [(sequence: Int64, hash: [UInt8])]) -> [ChainGap] {
        var gaps: [ChainGap] = []
        for entry in entries.sorted(by: { $0.sequence < $1.sequence }) {
            let isNext = gaps.last.map { $0.last + 1 == entry.sequence } ?? false
            let first = isNext ? gaps.removeLast().first : entry.sequence
            gaps.append(ChainGap(first: first, last: entry.sequence, hash: entry.hash))
        }
        return gaps
    }

    /// Returns the content of the entry that states the gaps, which are in order.
    static func hash(_ gaps: [ChainGap]) -> [UInt8] {
        let fields = gaps.flatMap { gap in
            [Array(String(gap.first).utf8), Array(String(gap.last).utf8), gap.hash] as [[UInt8]?]
        }
        return ChainContent.hash(fields, .prune)
    }
}
