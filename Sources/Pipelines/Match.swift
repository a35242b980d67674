package import Domain

/// Which objects a pipeline takes.
package struct Match: Sendable, Equatable {
    package let bucket: String
    /// What the key starts with; empty for the whole bucket.
    package let prefix: String
    package let exclude: [Glob]
    let prefixBytes: [UInt8]

    init(bucket: String, prefix: String, exclude: [Glob]) {
        self.bucket = bucket
        self.prefix = prefix
        self.exclude = exclude
        prefixBytes = Array(prefix.utf8)
    }

    package func takes(bucket: String, key: ObjectKey) -> Bool {
        bucket == self.bucket && takes(key.text.utf8Span.span)
    }

    /// What stands in the key after the prefix; nil where the key does not start with it.
    package func rest(of key: ObjectKey) -> String? { key.rest(after: prefix) }

    func takes(_ key: Span<UInt8>) -> Bool {
        starts(key) && !exclude.contains { $0.takes(key, afterPrefix: prefixBytes.count) }
    }

    func starts(_ key: Span<UInt8>) -> Bool {
        guard key.count >= prefixBytes.count else { return false }
        for index in prefixBytes.indices where key[index] != prefixBytes[index] { return false }
        return true
    }

    /// `s3://acme-incoming/uploads/*`
    var shown: String { "s3://\(bucket)/\(prefix)*" }

    /// Whether it may take a key that starts with `head`. Sure where it says no; where an exclude might or might not
    /// keep such a key out, the answer is yes.
    func mayTakeKey(startingWith head: [UInt8]) -> Bool {
        let (shorter, longer) = head.count < prefixBytes.count ? (head, prefixBytes) : (prefixBytes, head)
        guard longer.starts(with: shorter) else { return false }
        let rest = Array(head.dropFirst(prefixBytes.count))
        return !exclude.contains { $0.coversAll(startingWith: rest) }
    }
}
