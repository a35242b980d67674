/// Decodes a `data:` address (RFC 2397) character by character, as programs read one that a page has as the value of an
/// attribute: blanks and control characters before it do not count, nor tabs and line ends at any place (WHATWG, "URL",
/// basic URL parser).
struct AddressReader {
    private static let scheme = Array("data:".utf8)
    private static let encoding = Array(";base64".utf8)
    /// The longest media type with its parameters.
    private static let longestHead = 1024

    private enum Body { case base64, percent }

    private var head: [UInt8] = []
    private var body: Body?
    /// `%` and the digits behind it.
    private var escape: [UInt8] = []
    private var base64 = Base64Reader()
    private var plain: [UInt8] = []
    /// Whether what was read is no such address.
    private(set) var isOther = false

    /// Whether the data have begun.
    var hasBody: Bool { body != nil }

    mutating func add(_ byte: UInt8) {
        if byte == 9 || byte == 0x0A || byte == 0x0D || isOther || head.isEmpty && byte <= 0x20 { return }
        guard let body else { return addToHead(byte) }
        if byte == 0x25 || !escape.isEmpty { addToEscape(byte) } else { emit(byte, body) }
    }

    private mutating func addToHead(_ byte: UInt8) {
        if byte == 0x2C, head.count >= Self.scheme.count {
            let isBase64 = head.filter { $0 > 0x20 }.suffix(Self.encoding.count).elementsEqual(Self.encoding)
            body = isBase64 ? .base64 : .percent
            return
        }
        head.append(byte.lowercase)
        isOther =
            head.count <= Self.scheme.count
            ? !Self.scheme.starts(with: head) : head.count > Self.longestHead
    }

    private mutating func addToEscape(_ byte: UInt8) {
        guard let body else { return }
        if escape.isEmpty {
            escape = [byte]
        } else if let digit = byte.hexadecimalValue {
            escape.append(byte)
            guard escape.count == 3, let high = escape[1].hexadecimalValue else { return }
            emit(high << 4 | digit, body)
            escape = []
        } else {
            // A sign of per cent that stands for itself is no digit of base64.
            if body == .percent { plain += escape }
            escape = []
            add(byte)
        }
    }

    private mutating func emit(_ byte: UInt8, _ body: Body) {
        if body == .base64 { base64.add(byte) } else { plain.append(byte) }
    }

    /// Removes and returns what was decoded so far.
    mutating func take(isLast: Bool) -> [UInt8] {
        if isLast {
            base64.finishGroup()
            if body == .percent { plain += escape }
            escape = []
        }
        defer { plain.removeAll(keepingCapacity: true) }
        return plain + base64.take()
    }
}
