/// How an object's bytes are encoded, as its uploader declares it (RFC 9110, "Content-Encoding"): a browser decodes
/// them before it looks at the content.
package enum ContentEncoding: String, Sendable, CaseIterable {
    case gzip
    case brotli = "br"
    case zstd

    /// Returns nil if the field names no encoding, or several: browsers decode them all, uploaders use one.
    ///
    /// - Parameter field: the field's value. SDKs leave `aws-chunked` in it.
    package init?(field: String?) {
        guard let field, field.utf8.count <= 200 else { return nil }
        let names = field.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            .filter { !["aws-chunked", "identity", ""].contains($0) }
        guard names.count == 1, let name = names.first else { return nil }
        self.init(rawValue: name == "x-gzip" ? "gzip" : name)
    }
}
