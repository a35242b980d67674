/// What a pipeline accepts: one media type (`image/png`), or all of a kind (`image/*`).
package struct TypePattern: Sendable, Equatable, CustomStringConvertible {
    private enum Form: Sendable, Equatable {
        case one(canonical: String)
        case kind(String)
    }

    /// As the file says it.
    package let text: String
    private let form: Form

    /// Nil for what is no media type and no kind of them.
    package init?(_ text: String) {
        self.text = text
        if let type = MediaType(text), !text.utf8.contains(UInt8(ascii: ";")) {
            form = .one(canonical: type.canonical)
        } else if text.hasSuffix("/*"), let type = MediaType(text.dropLast() + "x"),
            type.text.utf8.count == text.utf8.count
        {
            form = .kind(String(type.text.prefix { $0 != "/" }))
        } else {
            return nil
        }
    }

    package var description: String { text }

    func takes(_ type: MediaType) -> Bool {
        switch form {
        case .one(let canonical): type.canonical == canonical
        // `application/xml` is `text/xml` by its canonical name, and is of both kinds.
        case .kind(let kind): type.major == kind || type.text.prefix { $0 != "/" } == kind
        }
    }
}
