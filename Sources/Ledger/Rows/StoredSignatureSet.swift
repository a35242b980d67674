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

    /// Returns the numbers of sets without that of `databases`.
    mutating func numbers(
        _ numbers: [Int64], without databases: [SignatureDatabase], among stored: [StoredSignatureSet]
    ) -> [Int64] {
        guard let text = text(of: databases) else { return numbers }
        let same = stored.filter { $0.text.map { $0.utf8.elementsEqual(text.utf8) } ?? false }.map(\.number)
        return numbers.filter { !same.contains($0) }
    }
}
