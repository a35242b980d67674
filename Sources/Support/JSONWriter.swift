/// Writes one JSON object as text, field by field in the order given, without building a tree.
///
/// A field whose value is nil is left out, or written as `null` if `keepingNulls` is set.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var isFirst = true
    private let keepingNulls: Bool
    /// Whether characters beyond ASCII are written as they are.
    private let isStored: Bool

    private init(keepingNulls: Bool, isStored: Bool) {
        self.keepingNulls = keepingNulls
        self.isStored = isStored
        bytes.reserveCapacity(256)
    }

    /// Returns the bytes of the object `{…}` that `fill` writes.
    package static func object(keepingNulls: Bool = false, _ fill: (inout JSONWriter) -> Void) -> [UInt8] {
        object(by: JSONWriter(keepingNulls: keepingNulls, isStored: false), fill)
    }

    /// Returns the bytes of an object that a database keeps, and compares or searches as a text: its strings are
    /// written as in every version. A server in another encoding than UTF-8 takes no escape beyond ASCII.
    package static func stored(_ fill: (inout JSONWriter) -> Void) -> [UInt8] {
        object(by: JSONWriter(keepingNulls: false, isStored: true), fill)
    }

    private static func object(by writer: JSONWriter, _ fill: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = writer
        writer.bytes.append(UInt8(ascii: "{"))
        fill(&writer)
        writer.bytes.append(UInt8(ascii: "}"))
        return writer.bytes
    }

    package mutating func field(_ name: String, _ value: String?) {
        guard let value else { return null(name) }
        begin(name)
        append(quoting: value)
    }

    package mutating func field(_ name: String, _ value: (some BinaryInteger)?) {
        guard let value else { return null(name) }
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// NaN and the infinities are written as `null`: JSON cannot represent them.
    package mutating func field(_ name: String, _ value: Double?) {
        guard let value, value.isFinite else { return null(name) }
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    package mutating func field(_ name: String, _ value: Bool?) {
        guard let value else { return null(name) }
        begin(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func field(_ name: String, _ values: [String]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(quoting: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    package mutating func numbers(_ name: String, _ values: [Int64]) {
        begin(name)
        bytes.append(contentsOf: "[\(values.map(String.init).joined(separator: ","))]".utf8)
    }

    package mutating func object(_ name: String, _ fill: (inout JSONWriter) -> Void) {
        begin(name)
        nest(fill)
    }

    package mutating func objects<Element>(
        _ name: String, _ elements: some Sequence<Element>, _ fill: (Element, inout JSONWriter) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            nest { fill(element, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func nest(_ fill: (inout JSONWriter) -> Void) {
        let outer = isFirst
        isFirst = true
        bytes.append(UInt8(ascii: "{"))
        fill(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = outer
    }

    private mutating func null(_ name: String) {
        guard keepingNulls else { return }
        begin(name)
        bytes.append(contentsOf: "null".utf8)
    }

    private mutating func begin(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        append(quoting: name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends a string. Characters that a terminal may obey, or that hide or turn the letters around them, are escaped
    /// (RFC 8259, section 7): a reader gets them back.
    private mutating func append(quoting text: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        guard !isStored, text.utf8.contains(where: { $0 >= 0x80 }) else { return append(escaping: text.utf8) }
        for scalar in text.unicodeScalars {
            if scalar.isASCII || !isUnsafe(scalar) {
                append(escaping: String(scalar).utf8)
            } else {
                for unit in String(scalar).utf16 { bytes.append(jsonEscapeOf: unit) }
            }
        }
    }

    private mutating func append(escaping text: some Sequence<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F: bytes.append(jsonEscapeOf: UInt16(byte))
            default: bytes.append(byte)
            }
        }
    }
}

extension [UInt8] {
    /// Appends the escape of a UTF-16 code unit in a string of JSON (RFC 8259, section 7).
    package mutating func append(jsonEscapeOf unit: UInt16) {
        append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] { append(hexadecimalDigit(UInt8(truncatingIfNeeded: unit >> shift) & 15)) }
    }
}

/// The lowercase digit of a number below 16.
package func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}
