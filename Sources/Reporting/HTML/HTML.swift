internal import Support

/// A piece of an HTML document: an element or a text.
///
/// Nothing that a value holds becomes markup. Elements and attributes are members of closed lists, without scripts and
/// without addresses; texts and attribute values are escaped when the document is written.
package struct HTML: Sendable {
    enum Element: String, Sendable {
        case html, head, meta, title, style, body, main, header, footer, section, nav, figure, figcaption
        case h1, h2, h3, p, small, strong, code, div, span
        case dl, dt, dd, table, thead, tbody, caption, tr, th, td
        case a, svg, rect, line, polyline, text

        /// Whether the element has neither content nor end tag (HTML Living Standard, "Void elements").
        var isVoid: Bool { self == .meta }
    }

    /// An attribute of an element.
    struct Attribute: Sendable {
        enum Name: String, Sendable {
            case `class`, lang, charset, name, content, id, scope, colspan, role
            /// A link within the page: its value is written behind `#`.
            case href
            case viewBox, x, y, x1, y1, x2, y2, width, height, points
            case textAnchor = "text-anchor"
            case label = "aria-label"
        }

        let name: Name
        let value: String

        init(_ name: Name, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    private enum Content: Sendable {
        case text(String)
        case element(Element, [Attribute], [HTML])
        case styleSheet(StaticString)
    }

    private let content: Content

    private init(_ content: Content) { self.content = content }

    static func text(_ text: String) -> HTML { HTML(.text(text)) }

    static func element(_ element: Element, _ attributes: [Attribute], _ content: [HTML]) -> HTML {
        HTML(.element(element, attributes, content))
    }

    /// A style sheet, which is part of the program.
    static func styleSheet(_ text: StaticString) -> HTML { HTML(.styleSheet(text)) }

    /// The bytes of the document whose root this is, in UTF-8.
    package var document: [UInt8] {
        var bytes = Array("<!DOCTYPE html>\n".utf8)
        write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch content {
        case .text(let text): Self.escape(text, into: &bytes)
        case .styleSheet(let text):
            bytes.append(contentsOf: "<style>\(text)</style>".utf8)
        case .element(let element, let attributes, let children):
            bytes.append(contentsOf: "<\(element.rawValue)".utf8)
            for attribute in attributes {
                let sign = attribute.name == .href ? "#" : ""
                bytes.append(contentsOf: " \(attribute.name.rawValue)=\"\(sign)".utf8)
                Self.escape(attribute.value, into: &bytes)
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: ">"))
            guard !element.isVoid else { return }
            for child in children { child.write(to: &bytes) }
            bytes.append(contentsOf: "</\(element.rawValue)>".utf8)
            if element.endsLine { bytes.append(UInt8(ascii: "\n")) }
        }
    }

    /// Writes a text so that it is no markup, and so that no control character or mark of direction changes how its
    /// surroundings are shown.
    private static func escape(_ text: String, into bytes: inout [UInt8]) {
        for byte in printable(text).utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
            default: bytes.append(byte)
            }
        }
    }
}

extension HTML.Element {
    /// Whether a newline follows the element, so that a person can read the source.
    fileprivate var endsLine: Bool {
        switch self {
        case .tr, .p, .h1, .h2, .h3, .section, .head, .body, .table, .figure, .svg, .dl, .rect: true
        default: false
        }
    }
}

/// Builds the content of an element: a string is a text.
@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ text: String) -> [HTML] { [.text(text)] }
    static func buildExpression(_ html: HTML) -> [HTML] { [html] }
    static func buildExpression(_ html: [HTML]) -> [HTML] { html }
    static func buildBlock(_ parts: [HTML]...) -> [HTML] { parts.flatMap { $0 } }
    static func buildOptional(_ part: [HTML]?) -> [HTML] { part ?? [] }
    static func buildEither(first part: [HTML]) -> [HTML] { part }
    static func buildEither(second part: [HTML]) -> [HTML] { part }
    static func buildArray(_ parts: [[HTML]]) -> [HTML] { parts.flatMap { $0 } }
}

/// An element with its content.
func tag(
    _ element: HTML.Element, _ attributes: [HTML.Attribute] = [], @HTMLBuilder _ content: () -> [HTML]
) -> HTML {
    .element(element, attributes, content())
}

/// An element without content.
func tag(_ element: HTML.Element, _ attributes: [HTML.Attribute]) -> HTML { .element(element, attributes, []) }

/// An element with a text.
func tag(_ element: HTML.Element, _ attributes: [HTML.Attribute], _ text: String) -> HTML {
    .element(element, attributes, [.text(text)])
}

/// An element with a text and no attributes.
func tag(_ element: HTML.Element, _ text: String) -> HTML { tag(element, [], text) }
