/// Decodes one run of a text, character by character, up to its end.
struct RunDecoder {
    private let kind: EncodedRuns.Run.Kind
    private var base64 = Base64Reader()
    private var plain: [UInt8] = []
    private var address = AddressReader()
    private var marked: MarkedRunDecoder?
    /// Whether a long string has digits that the variant for URLs has not.
    private var hasPlainDigits = false
    /// What a mark that has begun consists of so far: a comment, an entity, `%41`.
    private var mark: [UInt8] = []
    private(set) var isAtEnd = false

    private static let data = Array("<![CDATA[".utf8)
    private static let longestEntity = 12
    private static let entities: [String: UInt8] = [
        "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "Tab": 9, "NewLine": 0x0A, "colon": 0x3A,
        "comma": 0x2C, "semi": 0x3B, "sol": 0x2F, "plus": 0x2B, "equals": 0x3D, "percnt": 0x25,
    ]

    init(_ kind: EncodedRuns.Run.Kind) {
        self.kind = kind
        if case .marked(let slashes, let omitted) = kind {
            marked = MarkedRunDecoder(slashes: slashes, omitted: omitted)
        }
    }

    /// Takes the next characters. Returns how many belong to the run.
    mutating func add(_ text: [UInt8]) -> Int {
        for (index, byte) in text.enumerated() {
            add(byte)
            if isAtEnd { return index }
        }
        return text.count
    }

    /// How many characters of a marked run belong to it. What was read beyond may begin another one.
    ///
    /// Not inlined, like `take`: optimising its caller, the compiler of Swift 6.3.1 fails ("Found ownership error").
    var markedLength: Int64? {
        @inline(never) get { marked?.textLength }
    }

    /// Whether an attribute's value is an address, and its data have begun.
    var hasAddress: Bool { address.hasBody }

    /// Removes and returns what was decoded so far.
    @inline(never)
    mutating func take(isLast: Bool) -> [UInt8] {
        if let bytes = marked?.take(isLast: isLast) { return bytes }
        if isLast { base64.finishGroup() }
        defer { plain.removeAll(keepingCapacity: true) }
        return plain + base64.take() + address.take(isLast: isLast)
    }

    private mutating func add(_ byte: UInt8) {
        if marked != nil {
            marked?.add(byte)
            isAtEnd = marked?.isAtEnd ?? true
            return
        }
        switch mark.first {
        case nil: begin(byte)
        case 0x26: addToEntity(byte)
        case 0x25: addToPercent(byte)
        case 0x5C: addToEscape(byte)
        default: addToMarkup(byte)
        }
    }

    private mutating func begin(_ byte: UInt8) {
        if byte == 0x26 {
            mark = [byte]
            return
        }
        switch kind {
        case .element:
            if byte == 0x3C { mark = [byte] } else if byte != 0x5D && byte != 0x3E { emit(byte) }
        case .quoted(let quote):
            if byte == quote { isAtEnd = true } else if byte == 0x5C { mark = [byte] } else { emit(byte) }
        case .attribute(let quote):
            if quote.map({ byte == $0 }) ?? (byte <= 0x20 || byte == 0x3E) { isAtEnd = true } else { emit(byte) }
        case .base64(let quote), .percent(let quote):
            if byte == 0x25 || byte == 0x5C && isBase64 {
                mark = [byte]
            } else if ends(byte, quote) {
                isAtEnd = true
            } else {
                emit(byte)
            }
        case .marked: break
        }
    }

    private func ends(_ byte: UInt8, _ quote: UInt8?) -> Bool {
        // In CSV a field ends with a comma or its line.
        if let quote { return byte == quote || quote == 0x2C && byte == 0x0A }
        return byte <= 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x29 || byte == 0x3C || byte == 0x3E
            || byte == 0x60
    }

    /// `<` within an element: a comment, an instruction or `CDATA` is passed over, a tag is the end.
    private mutating func addToMarkup(_ byte: UInt8) {
        // A long comment is not kept.
        if mark.count < 16 { mark.append(byte) } else { mark = Array(mark[..<12]) + mark[13...] + [byte] }
        if mark.count == 2, byte != 0x21, byte != 0x3F {
            isAtEnd = true
        } else if mark == Self.data {
            mark = []
        } else if byte == 0x3E {
            let isComment = mark.starts(with: Array("<!--".utf8))
            if !isComment || mark.count > 6 && mark.suffix(3).starts(with: [0x2D, 0x2D]) { mark = [] }
        }
    }

    private mutating func addToEntity(_ byte: UInt8) {
        if byte == 0x3B {
            let name = String(decoding: mark.dropFirst(), as: UTF8.self)
            mark = []
            if let value = Self.entities[name] ?? Self.number(name) { emit(value) }
        } else if mark.count < Self.longestEntity, byte == 0x23 || Base64.values[Int(byte)] < 64,
            !hasNumber || isDigit(byte)
        {
            // Any number of zeros may precede a number.
            if hasNumber, mark.last == 0x30, mark.count == (mark[2] | 0x20 == 0x78 ? 4 : 3) { mark.removeLast() }
            mark.append(byte)
        } else if hasNumber, let value = Self.number(String(decoding: mark.dropFirst(), as: UTF8.self)) {
            // Readers of HTML take a number without its end.
            mark = []
            emit(value)
            add(byte)
        } else {
            // No entity: the characters stand for themselves.
            let text = mark
            mark = []
            for byte in text { emit(byte) }
            add(byte)
        }
    }

    /// Whether an entity begins with `&#` and a digit.
    private var hasNumber: Bool {
        mark.count > 2 && mark[1] == 0x23 && (mark[2] | 0x20 != 0x78 || mark.count > 3)
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        mark[2] | 0x20 == 0x78 ? byte.hexadecimalValue != nil : (0x30...0x39).contains(byte)
    }

    private static func number(_ name: String) -> UInt8? {
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        return digits.first == "x" || digits.first == "X" ? UInt8(digits.dropFirst(), radix: 16) : UInt8(digits)
    }

    private var isBase64: Bool { if case .base64 = kind { true } else { false } }

    /// `\/` and `\u002B`, as JSON has them (RFC 8259, 7). The letter of another escape is no digit. In a page that JSON
    /// has as a string, an escaped quotation mark ends an address.
    private mutating func addToEscape(_ byte: UInt8) {
        mark.append(byte)
        guard mark[1] == 0x75 else {
            mark = []
            if isBase64, byte == 0x22 || byte == 0x27 { isAtEnd = true } else if byte == 0x2F { emit(byte) }
            return
        }
        guard mark.count == 6 else { return }
        let number = UInt8(String(decoding: mark.dropFirst(2), as: UTF8.self), radix: 16)
        mark = []
        guard let number else { return }
        if isBase64, number > 0x20, ends(number, nil) { isAtEnd = true } else { emit(number) }
    }

    private mutating func addToPercent(_ byte: UInt8) {
        guard let digit = RTFScanner.digit(byte) else {
            let text = mark
            mark = []
            for byte in text { emit(byte) }
            return add(byte)
        }
        guard mark.count == 2, let high = RTFScanner.digit(mark[1]) else { return mark.append(byte) }
        mark = []
        emit(high << 4 | digit)
    }

    private mutating func emit(_ byte: UInt8) {
        switch kind {
        case .percent: plain.append(byte)
        case .attribute:
            address.add(byte)
            if address.isOther { isAtEnd = true }
        case .quoted:
            if byte == 0x2B || byte == 0x2F { hasPlainDigits = true }
            let isURLDigit = !hasPlainDigits && (byte == 0x2D || byte == 0x5F)
            base64.add(isURLDigit ? (byte == 0x2D ? 0x2B : 0x2F) : byte)
        case .element, .base64: base64.add(byte)
        case .marked: break
        }
    }
}
