/// Decodes base64 (RFC 4648, section 4) piece by piece. Characters outside the alphabet are passed over, as
/// readers do.
struct Base64Reader {
    private(set) var bytes: [UInt8] = []
    private var bits: UInt32 = 0
    private var count = 0

    /// The value of a character, or nil outside the alphabet.
    static func value(of character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }

    mutating func add(_ character: UInt8) {
        // Padding ends a group. Some writers join several encoded texts.
        if character == 0x3D { return finishGroup() }
        guard let value = Self.value(of: character) else { return }
        bits = bits << 6 | UInt32(value)
        count += 1
        guard count == 4 else { return }
        bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        bytes.append(UInt8(truncatingIfNeeded: bits))
        (bits, count) = (0, 0)
    }

    /// Decodes a group of fewer than four characters.
    mutating func finishGroup() {
        if count >= 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(6 * count - 8))) }
        if count == 3 { bytes.append(UInt8(truncatingIfNeeded: bits >> 2)) }
        (bits, count) = (0, 0)
    }

    /// Removes and returns what was decoded so far.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}
