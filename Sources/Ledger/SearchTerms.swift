import Domain

/// What searches for jobs say alike, whatever the database.
enum SearchTerms {
    /// When the claim expires or expired; of one that was given up, when that was.
    static let lastClaim = """
        coalesce(claimed_until,
            (SELECT ended_at FROM attempts WHERE attempts.job = jobs.number AND attempts.number = jobs.attempts))
        """

    /// The first bytes after all that start with `prefix`, which is UTF-8 and so holds no 0xFF.
    static func successor(of prefix: [UInt8]) -> [UInt8] {
        var next = prefix
        next[next.count - 1] += 1
        return next
    }
}

/// A place in the order of all lists: the newest job first.
struct JobPosition {
    static let columns = "first_received_at, number"

    let receivedAt: Int64
    let number: Int64

    static func unknown(_ id: JobID, _ operation: String) -> LedgerError {
        LedgerError(
            .unknownJob, operation: operation, detail: "the page should start after job \(id), which is not here",
            hint: "Start from the first page.")
    }
}

extension JobPosition {
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        self.init(receivedAt: row.integer(0), number: row.integer(1))
    }
}

/// A row of the signature sets on record: a few hundred in all.
struct StoredSignatureSet {
    static let all = "SELECT number, databases FROM signature_sets"

    let number: Int64
    let text: String?

    init(_ row: borrowing some LedgerRow & ~Copyable) {
        number = row.integer(0)
        text = row.text(1)
    }
}

extension SignatureSets {
    /// The numbers of the sets that are older.
    mutating func numbers(
        before bound: SignatureCutoff, among stored: [StoredSignatureSet], _ operation: String
    ) throws(LedgerError) -> [Int64] {
        var older: [Int64] = []
        for set in stored {
            guard let databases = databases(of: set.text) else {
                throw .corrupt(operation, "signature set \(set.number) can't be read")
            }
            if bound.isAfter(databases) { older.append(set.number) }
        }
        return older
    }
}
