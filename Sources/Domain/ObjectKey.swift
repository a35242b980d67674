/// The name of an object in its bucket: 1 to 1024 bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects").
///
/// Keys are equal only if their bytes are. Swift's `String` also treats `é` and `e` + U+0301 as equal, which S3 stores
/// as two objects.
package struct ObjectKey: Sendable, CustomStringConvertible {
    package let text: String

    /// Returns nil for an empty key or one of more than 1024 bytes.
    package init?(_ text: String) {
        guard (1...1024).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// The part after the last `/`; the whole key if it has no `/` or ends in one.
    package var name: String {
        let bytes = text.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return text }
        let tail = text[bytes.index(after: slash)...]
        return tail.isEmpty ? text : String(tail)
    }

    /// Whether the key's bytes start with those of `prefix`.
    package func starts(with prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    /// Returns the part after `prefix`, or nil if the key does not start with it.
    package func rest(after prefix: String) -> String? {
        guard starts(with: prefix) else { return nil }
        return String(Substring(text.utf8.dropFirst(prefix.utf8.count)))
    }
}

extension ObjectKey: Hashable, Comparable {
    package static func == (one: ObjectKey, other: ObjectKey) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    package static func < (one: ObjectKey, other: ObjectKey) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
