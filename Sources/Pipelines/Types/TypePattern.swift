/// A pattern for media types: one type (`image/png`), or all types of a top-level type (`image/*`).
package struct TypePattern: Sendable, Equatable, CustomStringConvertible {
    private enum Form: Sendable, Equatable {
        case one(canonical: String)
        case topLevel(String)
    }

    /// The pattern as it was written.
    package let text: String
    private let form: Form

    /// Returns nil if the text is not such a pattern.
    package init?(_ text: String) {
        self.text = text
        if let type = MediaType(text), !text.utf8.contains(UInt8(ascii: ";")) {
            form = .one(canonical: type.canonical)
        } else if text.hasSuffix("/*"), let type = MediaType(text.dropLast() + "x"),
            type.text.utf8.count == text.utf8.count
        {
            form = .topLevel(String(type.text.prefix { $0 != "/" }))
        } else {
            return nil
        }
    }

    package var description: String { text }

    func matches(_ type: MediaType) -> Bool {
        switch form {
        case .one(let canonical): type.canonical == canonical
        // The canonical name of `application/xml` is `text/xml`: it matches both top-level types.
        case .topLevel(let name): type.topLevel == name || type.text.prefix { $0 != "/" } == name
        }
    }

    /// Whether it is one type, and a special case of the given one.
    func isKind(of general: MediaType) -> Bool {
        guard case .one(let canonical) = form, canonical != general.canonical else { return false }
        return TypeFamily.isKind(canonical, of: general.canonical)
    }
}
