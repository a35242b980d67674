import Domain

/// A row of `signature_sets`. A ledger has a few hundred.
struct StoredSignatureSet {
    static let all = "SELECT number, databases FROM signature_sets"

    let number: Int64
    let text: String?

    /// Reads a row of `all`.
    init(_ row: borrowing some LedgerRow & ~Copyable) {
        number = row.integer(0)
        text = row.text(1)
    }
}

extension SignatureSets {
    /// The numbers of the sets that are older than the cutoff.
    mutating func numbers(
        before cutoff: SignatureCutoff, among stored: [StoredSignatureSet], _ operation: String
    ) throws(LedgerError) -> [Int64] {
        var older: [Int64] = []
        for set in stored {
            guard let databases = databases(of: set.text) else {
                throw .corrupt(operation, "signature set \(set.number) can't be read")
            }
            if cutoff.isAfter(databases) { older.append(set.number) }
        }
        return older
    }
}
