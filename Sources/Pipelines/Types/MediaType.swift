/// A media type such as `image/png`, without its parameters and in lower case (RFC 9110, "Media Type").
struct MediaType: Hashable, Sendable {
    /// The type as it was written, in lower case.
    let text: String
    /// The canonical name of the type: `image/jpeg` for `image/jpg` and `image/pjpeg`.
    let canonical: String

    /// Returns nil if the text does not have the form `type/subtype`.
    init?(_ raw: String) {
        let whole = raw.utf8.prefix { $0 != UInt8(ascii: ";") }
        guard let first = whole.firstIndex(where: { !isBlank($0) }),
            let last = whole.lastIndex(where: { !isBlank($0) })
        else { return nil }
        text = String(Substring(whole[first...last])).lowercased()
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isTokenByte) }) else { return nil }
        canonical = MediaTypeNames.canonical(text)
    }

    /// The top-level type of the canonical name.
    var topLevel: Substring { canonical.prefix { $0 != "/" } }

    /// Whether it is the type that libmagic reports for an empty object.
    var isEmpty: Bool { canonical == "inode/x-empty" }
}

/// Returns whether a text is a media type such as `image/png`, without parameters or spaces.
package func isMediaType(_ text: String) -> Bool {
    MediaType(text).map { $0.text.utf8.count == text.utf8.count } ?? false
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// RFC 9110, "Tokens", without `*`, which marks a pattern here.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$&^_.+-%'`|~".utf8.contains(byte)
    }
}
