/// Reads `expected-bucket-owner`: an account for all buckets of a pipeline, or one for each of some.
enum BucketOwnerReader {
    static let key = "expected-bucket-owner"

    /// - Parameter buckets: those that the pipeline reads from and writes to.
    /// - Returns: the account of each bucket that has one.
    static func owners(
        of buckets: Set<String>, in top: Section, problems: inout ProblemList
    ) -> [String: String] {
        guard let entry = top.entry(key) else { return [:] }
        guard case .mapping = entry.value.content else {
            guard let account = top.value(key, as: .account, problems: &problems) else { return [:] }
            return Dictionary(uniqueKeysWithValues: buckets.map { ($0, account) })
        }
        guard let section = top.section(key, keys: nil, problems: &problems) else { return [:] }
        var owners: [String: String] = [:]
        for entry in section.all {
            guard buckets.contains(entry.key) else {
                problems.add(
                    entry.keyPosition, section.path(to: entry.key),
                    "the pipeline has no bucket \(quoted(entry.key))\(hint(for: entry.key, among: buckets.sorted()))")
                continue
            }
            owners[entry.key] = section.value(entry.key, as: .account, problems: &problems)
        }
        return owners
    }
}

extension ScalarParser<String> {
    fileprivate static var account: ScalarParser {
        ScalarParser(expected: "the 12 digits of an AWS account, or a mapping of buckets to accounts") {
            text, _ throws(ScalarError) in
            guard isAccount(text) else { throw .unexpected }
            return text
        }
    }
}

/// Returns whether a text is an AWS account: 12 digits.
func isAccount(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}
