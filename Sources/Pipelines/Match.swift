package import Domain

/// The objects that a pipeline takes: a bucket, a prefix and patterns to exclude.
package struct Match: Sendable, Equatable {
    package let bucket: String
    /// The start of the key; empty for the whole bucket.
    package let prefix: String
    package let exclude: [Glob]
    let prefixBytes: [UInt8]

    init(bucket: String, prefix: String, exclude: [Glob]) {
        self.bucket = bucket
        self.prefix = prefix
        self.exclude = exclude
        prefixBytes = Array(prefix.utf8)
    }

    /// Returns the part of the key after the prefix; nil if the key does not start with the prefix.
    package func rest(of key: ObjectKey) -> String? { key.rest(after: prefix) }

    /// Returns whether a key in the bucket matches.
    func matches(_ key: Span<UInt8>) -> Bool {
        hasPrefix(key) && !exclude.contains { $0.matches(key, afterPrefix: prefixBytes.count) }
    }

    /// Returns whether no key with this ending can match. Only a pattern of just this ending counts.
    func excludesAll(endingIn suffix: String) -> Bool { exclude.contains { $0.text == "*\(suffix)" } }

    private func hasPrefix(_ key: Span<UInt8>) -> Bool {
        guard key.count >= prefixBytes.count else { return false }
        for index in prefixBytes.indices where key[index] != prefixBytes[index] { return false }
        return true
    }

    /// `s3://acme-incoming/uploads/*`
    var pattern: String { "s3://\(bucket)/\(prefix)*" }

    /// Returns whether a key that starts with `head` may match. False is certain; the result is true if it is uncertain
    /// whether an exclude covers all such keys.
    func mayMatchKey(startingWith head: [UInt8]) -> Bool {
        let (shorter, longer) = head.count < prefixBytes.count ? (head, prefixBytes) : (prefixBytes, head)
        guard longer.starts(with: shorter) else { return false }
        let rest = Array(head.dropFirst(prefixBytes.count))
        return !exclude.contains { $0.coversAll(startingWith: rest) }
    }
}
