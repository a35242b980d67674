package import Domain

/// A destination: `s3://bucket/key`, with variables in the key.
///
/// The value of a variable is inserted unchanged. `..`, leading slashes and control characters of an uploader's key are
/// ordinary characters of an S3 key. A key is never used as a local path.
package struct DestinationTemplate: Sendable, Equatable, CustomStringConvertible {
    package let bucket: String
    let key: Template
    private let text: String

    /// The literal start of every key that the template makes.
    package var keyPrefix: String { key.literalPrefix }

    init(_ text: String) throws(ScalarError) {
        let scheme = "s3://"
        guard text.utf8.starts(with: scheme.utf8) else { throw .unexpected }
        let name = text.utf8.dropFirst(scheme.utf8.count)
        guard let slash = name.firstIndex(of: UInt8(ascii: "/")) else { throw .note("the key is missing") }
        let bucket = String(Substring(name[..<slash]))
        guard !bucket.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
            throw .message("the bucket \(quoted(bucket)) has a variable; only the key may have variables")
        }
        guard isBucketName(bucket) else { throw .message("\(quoted(bucket)) is not a valid bucket name") }
        let key = try Template(String(Substring(name[name.index(after: slash)...])))
        guard !key.parts.isEmpty else { throw .note("the key is missing") }
        guard key.variables.contains(where: \.identifiesObject) else {
            throw .message("every object would get the same key; use one of {rest}, {key}, {name}, {job} in it")
        }
        guard key.literals.reduce(0, { $0 + $1.utf8.count }) < 1024 else {
            throw .message("the key is longer than 1024 bytes even without its variables")
        }
        self.bucket = bucket
        self.key = key
        self.text = text
    }

    package var description: String { text }

    /// Whether each job has a destination of its own.
    package var isUniquePerJob: Bool { key.variables.contains(.job) }

    /// Returns nil if the key would be empty or longer than 1024 bytes, which S3 does not allow.
    package func location(for values: TemplateValues) -> ObjectLocation? {
        ObjectKey(key.text(for: values)).map { ObjectLocation(bucket: bucket, key: $0) }
    }
}

extension DestinationTemplate {
    /// Returns the location of an object that must get one, whatever its uploader called it. If the key would be too
    /// long for S3, a name is cut where the job keeps the key apart from others; else the job stands for it.
    package func locationOfAnyKey(for values: TemplateValues) -> ObjectLocation? {
        if let location = location(for: values) { return location }
        let whole = key.text(for: values) { isUniquePerJob ? cut($0, to: 255) : values.job.id.text }
        let key = ObjectKey(whole) ?? ObjectKey(key.text(for: values) { _ in values.job.id.text })
        return key.map { ObjectLocation(bucket: bucket, key: $0) }
    }
}

/// Returns the start of a text: whole characters of at most `limit` bytes in all.
private func cut(_ text: String, to limit: Int) -> String {
    var count = 0
    let start = text.unicodeScalars.prefix { scalar in
        count += UTF8.width(scalar)
        return count <= limit
    }
    return String(start)
}

/// Returns whether S3 may have a bucket of this name. The former rules, which allowed capitals and underscores, are
/// accepted too (Amazon S3 User Guide, "General purpose bucket naming rules").
func isBucketName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (3...255).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
}

/// Returns whether a byte is an ASCII letter or digit.
func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
}

func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
