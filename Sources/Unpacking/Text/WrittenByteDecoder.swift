/// Decodes one run of `WrittenBytes`, byte by byte.
struct WrittenByteDecoder {
    enum Kind: Equatable, Sendable {
        /// Pairs of hexadecimal digits. Blanks, line ends, commas, backslashes before line ends and the group code of
        /// DXF for binary data may stand between.
        case digits
        /// Lines of an offset, digits and the characters that these are (xxd, hexdump, certutil).
        case dump(hasColon: Bool)
        /// A string of MySQL, or one of PostgreSQL with octal numbers, up to its quotation mark.
        case string(UInt8, isOctal: Bool)
        /// A field of COPY in PostgreSQL with `bytea_output` "escape".
        case copied
        case ascii85
        /// The encrypted part of a Type 1 font (Adobe, "Adobe Type 1 Font Format", 7.2), in digits or as it is.
        case eexec
        /// All hexadecimal values of a file of the Windows registry, one behind the other.
        case registry
    }

    private enum DumpPlace { case offset, data, rest }

    let kind: Kind
    private(set) var isAtEnd = false
    private var bytes: [UInt8] = []
    private var high: UInt8?

    // Digits.
    private var token: [UInt8] = []
    // A dump.
    private var place = DumpPlace.data
    private var (blanks, inLine) = (0, 0)
    // Strings.
    private var isEscaped = false
    private var octal: [UInt8] = []
    private var isAfterQuote = false
    // Ascii85.
    private var group: [UInt8] = []
    // eexec.
    private var key: UInt16 = 55665
    private var start: [UInt8] = []
    private var isHexadecimal = false
    private var skipped = 0

    init(_ kind: Kind) { self.kind = kind }

    static func isAscii85(_ byte: UInt8) -> Bool { (0x21...0x75).contains(byte) || byte == 0x7A }

    /// Returns what is decoded so far. The last byte of digits may still turn out to be a group code.
    mutating func take(isLast: Bool) -> [UInt8] {
        if isLast { finish() }
        let kept = kind == .digits && !isLast ? min(2, bytes.count) : 0
        defer { bytes = Array(bytes.suffix(kept)) }
        return Array(bytes.dropLast(kept))
    }

    private mutating func finish() {
        switch kind {
        case .ascii85 where group.count > 1:
            let count = group.count - 1
            var value = UInt32(0)
            for digit in group + [UInt8](repeating: 84, count: 5 - group.count) { value = value &* 85 &+ UInt32(digit) }
            for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32(index)))) }
            group = []
        case .digits where !isAtEnd: endToken()
        default: break
        }
    }

    mutating func add(_ byte: UInt8) {
        switch kind {
        case .digits: addDigit(byte)
        case .dump(let hasColon): addToDump(byte, hasColon)
        case .string(let quote, let isOctal): addToString(byte, quote, isOctal)
        case .copied: addToField(byte)
        case .ascii85: addAscii85(byte)
        case .eexec: addEncrypted(byte)
        case .registry: break
        }
    }

    private mutating func addNibble(_ digit: UInt8) {
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }

    private mutating func addDigit(_ byte: UInt8) {
        if let digit = byte.hexadecimalValue {
            if token.count < 4 { token.append(byte) }
            return addNibble(digit)
        }
        endToken()
        guard [0x20, 0x09, 0x0A, 0x0D, 0x2C, 0x5C].contains(byte) else { return isAtEnd = true }
    }

    private mutating func endToken() {
        defer { token = [] }
        guard high != nil else { return }
        high = nil
        if token == [0x33, 0x31, 0x30] { bytes.removeLast() } else { isAtEnd = true }
    }

    private mutating func addToDump(_ byte: UInt8, _ hasColon: Bool) {
        if byte == 0x0A {
            if place == .offset { isAtEnd = true }
            (place, blanks, inLine, high) = (.offset, 0, 0, nil)
            return
        }
        switch place {
        case .offset:
            if byte == 0x3A || byte <= 0x20 && !hasColon && inLine >= 4 {
                (place, blanks, inLine) = (.data, 0, 0)
            } else if byte.hexadecimalValue != nil {
                inLine += 1
            } else if byte > 0x20 {
                isAtEnd = true
            }
        case .data:
            if let digit = byte.hexadecimalValue {
                blanks = 0
                addNibble(digit)
                if high == nil { inLine += 1 }
            } else if byte == 0x20 {
                blanks += 1
                // hexdump has two blanks behind eight bytes.
                if inLine > 0, blanks > (hasColon || inLine != 8 ? 1 : 2) { place = .rest }
            } else if byte != 0x0D, byte != 9 {
                place = .rest
            }
        case .rest: break
        }
    }

    private mutating func addToString(_ byte: UInt8, _ quote: UInt8, _ isOctal: Bool) {
        if isAfterQuote {
            isAfterQuote = false
            guard byte == quote else { return isAtEnd = true }
            return bytes.append(quote)
        }
        if isOctal, !octal.isEmpty { return addOctal(byte) }
        if isEscaped {
            isEscaped = false
            bytes.append(byte == 0x30 ? 0 : byte == 0x5A ? 0x1A : Self.unescaped(byte))
        } else if byte == 0x5C {
            if isOctal { octal = [byte] } else { isEscaped = true }
        } else if byte == quote {
            isAfterQuote = true
        } else {
            bytes.append(byte)
        }
    }

    private mutating func addToField(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
            addOctal(Self.unescaped(byte))
        } else if byte == 0x5C {
            isEscaped = true
        } else if byte == 9 || byte == 0x0A {
            isAtEnd = true
        } else {
            addOctal(byte)
        }
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x62: 8
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 9
        case 0x76: 0x0B
        default: byte
        }
    }

    /// `\ooo`, or two backslashes for one.
    private mutating func addOctal(_ byte: UInt8) {
        guard !octal.isEmpty else {
            if byte == 0x5C { octal = [byte] } else { bytes.append(byte) }
            return
        }
        if octal.count == 1, !(0x30...0x33).contains(byte) {
            octal = []
            return bytes.append(byte == 0x5C ? byte : Self.unescaped(byte))
        }
        octal.append(byte)
        guard octal.count == 4 else { return }
        let value = octal.dropFirst().reduce(UInt(0)) { $0 << 3 | UInt($1 & 7) }
        octal = []
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    private mutating func addAscii85(_ byte: UInt8) {
        guard byte > 0x20, byte != 0x7F else { return }
        if byte == 0x7A, group.isEmpty { return bytes.append(contentsOf: [0, 0, 0, 0]) }
        guard (0x21...0x75).contains(byte) else { return isAtEnd = true }
        group.append(byte - 0x21)
        guard group.count == 5 else { return }
        var value = UInt32(0)
        for digit in group { value = value &* 85 &+ UInt32(digit) }
        group = []
        for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// The first four bytes decide: if all are digits, so are all others. The first four decrypted bytes are random.
    private mutating func addEncrypted(_ byte: UInt8) {
        if start.count < 4 {
            start.append(byte)
            guard start.count == 4 else { return }
            isHexadecimal = start.allSatisfy { $0.hexadecimalValue != nil }
            for byte in start { addCipher(byte) }
            return
        }
        addCipher(byte)
    }

    private mutating func addCipher(_ byte: UInt8) {
        guard isHexadecimal else { return decrypt(byte) }
        if let digit = byte.hexadecimalValue {
            guard let first = high else { return high = digit }
            high = nil
            decrypt(first << 4 | digit)
        } else if byte > 0x20 {
            isAtEnd = true
        }
    }

    private mutating func decrypt(_ byte: UInt8) {
        let plain = byte ^ UInt8(key >> 8)
        key = (UInt16(byte) &+ key) &* 52845 &+ 22719
        if skipped < 4 { skipped += 1 } else { bytes.append(plain) }
    }
}
