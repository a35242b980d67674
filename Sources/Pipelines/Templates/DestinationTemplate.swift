package import Domain

/// Where objects are put: `s3://bucket/key`, with variables in the key.
///
/// What a variable stands for goes into the key byte by byte. `..`, leading slashes and control characters of an
/// uploader's key stay as they are: in S3 they are bytes of a name and lead nowhere. Nothing here is ever a local path.
package struct DestinationTemplate: Sendable, Equatable, CustomStringConvertible {
    package let bucket: String
    let key: Template
    private let text: String

    /// What every key made from it starts with.
    var keyHead: String { key.head }

    init(_ text: String) throws(ScalarMistake) {
        let scheme = "s3://"
        guard text.utf8.starts(with: scheme.utf8) else { throw .plain }
        let name = text.utf8.dropFirst(scheme.utf8.count)
        guard let slash = name.firstIndex(of: UInt8(ascii: "/")) else { throw .noting("it has no key") }
        let bucket = String(Substring(name[..<slash]))
        guard !bucket.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
            throw .saying("the bucket \(quoted(bucket)) has a variable; only the key may have some")
        }
        guard isBucketName(bucket) else { throw .saying("\(quoted(bucket)) is no bucket's name") }
        let key = try Template(String(Substring(name[name.index(after: slash)...])))
        guard !key.parts.isEmpty else { throw .noting("it has no key") }
        guard key.variables.contains(where: \.isOfOneObject) else {
            throw .saying("every object would get the same key; it needs one of {rest}, {key}, {name}, {job}")
        }
        guard key.literals.reduce(0, { $0 + $1.utf8.count }) < 1024 else {
            throw .saying("the key is over 1024 bytes without its variables")
        }
        self.bucket = bucket
        self.key = key
        self.text = text
    }

    package var description: String { text }

    /// Whether no two jobs are given the same place.
    package var isUniquePerJob: Bool { key.variables.contains(.job) }

    /// Nil where the key would be empty or of more than 1024 bytes: S3 has no such object.
    package func location(for values: TemplateValues) -> ObjectLocation? {
        ObjectKey(key.text(for: values)).map { ObjectLocation(bucket: bucket, key: $0) }
    }
}

/// Whether S3 could have a bucket of this name. The old rules hold too, by which some buckets have capitals and
/// underscores (Amazon S3 User Guide, "General purpose bucket naming rules").
func isBucketName(_ text: String) -> Bool {
    let bytes = text.utf8
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
    guard (3...255).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
}
