/// Decodes a text in a character set with shifts to ASCII. Other letters become question marks.
struct ShiftedText {
    enum Encoding {
        case utf7, iso2022, hz

        /// By a name in lower case, with whatever follows it.
        init?(_ name: some Collection<UInt8>) {
            func has(_ prefix: String) -> Bool { name.starts(with: prefix.utf8) }
            if has("utf-7") || has("utf7") || has("unicode-1-1-utf-7") || has("csutf7") {
                self = .utf7
            } else if has("iso-2022") || has("iso2022") || has("csiso2022") {
                self = .iso2022
            } else if has("hz") {
                self = .hz
            } else {
                return nil
            }
        }
    }

    private let encoding: Encoding
    /// The bytes of a shift so far.
    private var shift: [UInt8] = []
    /// Whether letters of another set follow, of two bytes each in the text or in base64.
    private var isShifted = false
    private var bits: (value: UInt32, count: Int) = (0, 0)

    private static let escape: UInt8 = 0x1B
    private static let longestShift = 8

    init(_ encoding: Encoding) { self.encoding = encoding }

    /// Decodes the next bytes.
    mutating func decode(_ block: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(block.count)
        for byte in block {
            switch encoding {
            case .utf7: decodeUTF7(byte, to: &text)
            case .iso2022: decodeISO2022(byte, to: &text)
            case .hz: decodeHZ(byte, to: &text)
            }
        }
        return text
    }

    /// `+` and base64 of UTF-16, up to `-` or another character.
    private mutating func decodeUTF7(_ byte: UInt8, to text: inout [UInt8]) {
        guard isShifted else {
            if byte == 0x2B { (isShifted, bits) = (true, (0, -1)) } else { text.append(byte) }
            return
        }
        let isFirst = bits.count < 0
        if isFirst { bits.count = 0 }
        guard let value = Base64Reader.value(of: byte) else {
            isShifted = false
            if isFirst && byte == 0x2D { text.append(0x2B) } else if byte != 0x2D { text.append(byte) }
            return
        }
        bits = (bits.value << 6 | UInt32(value), bits.count + 6)
        guard bits.count >= 16 else { return }
        bits.count -= 16
        let unit = bits.value >> UInt32(bits.count) & 0xFFFF
        text.append(unit < 0x7F ? UInt8(unit) : 0x3F)
        bits.value &= (1 << UInt32(bits.count)) - 1
    }

    /// An escape with its intermediate and last bytes, or one of the two shift characters.
    private mutating func decodeISO2022(_ byte: UInt8, to text: inout [UInt8]) {
        if shift.isEmpty {
            switch byte {
            case Self.escape: shift = [byte]
            case 0x0E: isShifted = true
            case 0x0F: isShifted = false
            default: text.append(isShifted && byte > 0x20 ? 0x3F : byte)
            }
            return
        }
        shift.append(byte)
        if (0x20...0x2F).contains(byte), shift.count < Self.longestShift { return }
        // A set of two bytes a letter, as the first one.
        let isWide = shift[1] == 0x24 && !(shift.count > 3 && [0x29, 0x2A, 0x2B].contains(shift[2]))
        if shift[1] == 0x24 || shift[1] == 0x28 { isShifted = isWide }
        shift = []
    }

    /// `~{` and `~}`, `~~`, and `~` before a line end.
    private mutating func decodeHZ(_ byte: UInt8, to text: inout [UInt8]) {
        if shift.isEmpty {
            if byte == 0x7E { shift = [byte] } else { text.append(isShifted && byte > 0x20 ? 0x3F : byte) }
            return
        }
        shift = []
        switch byte {
        case 0x7B: isShifted = true
        case 0x7D: isShifted = false
        case 0x0A: break
        case 0x7E: text.append(byte)
        default: text += [0x7E, byte]
        }
    }
}
