import Domain

/// A connection of either driver with a transaction open, as the chain uses it.
protocol LedgerConnection: AnyObject {
    associatedtype Failure: Error

    /// Opens the name of a parameter.
    static var sign: String { get }

    func storedRows(_ sql: String, _ values: [SQLValue]) throws(Failure) -> [StoredRow]

    /// Runs statements that return nothing.
    func runEach(_ statements: [(sql: String, values: [SQLValue])]) throws(Failure)

    /// Waits until no other transaction can append to the chain, until this one ends. Every other lock must have been
    /// taken before.
    func lockChain() throws(Failure)
}

/// The end of the chain: the next entry's sequence and the hash before it.
struct ChainEnd: Sendable {
    private(set) var next: Int64 = 1
    private(set) var hash = ChainEntry.origin

    static let select = "SELECT sequence, hash FROM chain ORDER BY sequence DESC LIMIT 1"

    /// Reads the rows of `select`.
    init(_ rows: [StoredRow]) {
        guard let last = rows.first else { return }
        next = Self.number(after: last.integer(0))
        hash = last[1] ?? []
    }

    /// Returns the entries that the rows become.
    mutating func append(_ rows: [ChainContent]) -> [ChainEntry] {
        rows.map { row in
            let entry = ChainEntry(sequence: next, row: row, after: hash)
            (next, hash) = (Self.number(after: next), entry.hash)
            return entry
        }
    }

    /// Beyond the greatest number the same once more: the ledger refuses a second entry of it.
    private static func number(after number: Int64) -> Int64 { number == .max ? number : number + 1 }
}

extension ChainEntry {
    static let columns = "sequence, kind, job, number, at, state, content, hash"

    /// - Parameter sign: opens the name of a parameter.
    static func insert(_ sign: String) -> String {
        "INSERT INTO chain (\(columns)) VALUES (\((1...8).map { "\(sign)\($0)" }.joined(separator: ", ")))"
    }

    var values: [SQLValue] {
        [
            .integer(sequence), .text(row.kind.rawValue), SQLValue(row.job), .integer(row.number), .integer(row.at),
            SQLValue(row.state), .bytes(row.content), .bytes(hash),
        ]
    }

    /// Reads a row of `columns`; nil if its kind is unknown.
    init?(_ stored: StoredRow) {
        guard let kind = stored.text(1).flatMap(ChainKind.init) else { return nil }
        let row = ChainContent(
            kind: kind, job: stored.text(2), number: stored.integer(3), at: stored.integer(4), state: stored.text(5),
            content: stored[6] ?? [])
        self.init(sequence: stored.integer(0), row: row, hash: stored[7] ?? [])
    }
}

extension LedgerConnection {
    /// The parameter at a position, from 1.
    static func parameter(_ number: Int) -> String { "\(sign)\(number)" }

    /// Reads a row that this transaction has written, to be appended.
    func contents(_ table: ChainTable, job: JobID? = nil, number: Int64 = 0) throws(Failure) -> [ChainContent] {
        let (sql, values) = table.row(ofJob: job, number: number, Self.sign)
        return try storedRows(sql, values).map { ChainContent($0, table.kind) }
    }

    /// Appends rows that this transaction has written. Call it after all other statements: from here on, other
    /// transactions wait.
    func append(_ rows: [ChainContent]) throws(Failure) {
        guard !rows.isEmpty else { return }
        try lockChain()
        try appendLocked(rows)
    }

    /// Appends rows while this transaction holds the chain.
    func appendLocked(_ rows: [ChainContent]) throws(Failure) {
        var end = ChainEnd(try storedRows(ChainEnd.select, []))
        try insert(end.append(rows))
    }

    private func insert(_ entries: [ChainEntry]) throws(Failure) {
        let sql = ChainEntry.insert(Self.sign)
        try runEach(entries.map { (sql, $0.values) })
    }

    /// Begins the chain of a new ledger, or of one that has rows already.
    func beginChain(at time: Timestamp) throws(Failure) {
        try lockChain()
        var count: Int64 = 0
        for table in ChainTable.all {
            let sql = "SELECT count(*) FROM \(table.from) WHERE \(table.condition)"
            count += try storedRows(sql, []).first?.integer(0) ?? 0
        }
        let start = ChainContent(
            kind: .start, number: count, at: time.milliseconds, content: ChainContent.hash([], .start))
        var end = ChainEnd([])
        try insert(end.append([start]))
        for table in ChainTable.all {
            var window = try nextWindow(of: table, from: .min, size: 500)
            while let keys = window {
                let rows = try storedRows(table.select(Self.isIn(table)), [.integer(keys.first), .integer(keys.last)])
                try insert(end.append(rows.map { ChainContent($0, table.kind) }))
                window = try keys.last == .max ? nil : nextWindow(of: table, from: keys.last + 1, size: 500)
            }
        }
    }

    /// The condition that a row's key is in a window, in order; the window's bounds are the parameters 1 and 2.
    static func isIn(_ table: ChainTable) -> String {
        "\(isWithin(table)) ORDER BY \(table.key)\(table.number == "0" ? "" : ", \(table.number)")"
    }

    static func isWithin(_ table: ChainTable) -> String {
        "\(table.key) >= \(parameter(1)) AND \(table.key) <= \(parameter(2))"
    }

    /// Returns the next window of keys that has a row; nil if there are no more.
    func nextWindow(
        of table: ChainTable, from key: Int64, size: Int64
    ) throws(Failure) -> (first: Int64, last: Int64)? {
        let base = table.key.split(separator: ".")
        let found = try storedRows(
            "SELECT min(\(base[1])) FROM \(base[0]) WHERE \(base[1]) >= \(Self.parameter(1))", [.integer(key)])
        guard let first = found.first, first[0] != nil else { return nil }
        // A key that somebody else wrote may be the greatest number.
        let (last, overflows) = first.integer(0).addingReportingOverflow(size - 1)
        return (first.integer(0), overflows ? Int64.max : last)
    }
}
