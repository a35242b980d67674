/// Encodes text as ASCII for a header: all but letters, digits and a few other characters as `%XX`; likewise spaces at
/// either end or after one another, which HTTP and signatures fold.
func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    let last = text.utf8.count - 1
    for (index, byte) in text.utf8.enumerated() {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: encoded.append(byte)
        case 0x20 where index != 0 && index != last && encoded.last != 0x20: encoded.append(byte)
        case _ where "-._~/:;=,()@".utf8.contains(byte): encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            for nibble in [byte >> 4, byte & 15] {
                encoded.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10)
            }
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// Decodes `%XX`, the inverse of `percentEncoded`. Whatever is not such an escape stays as it is.
func percentDecoded(_ text: String) -> String {
    func digit(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } }
    var decoded: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%"), rest.count >= 2, let high = digit(rest[rest.startIndex]),
            let low = digit(rest[rest.startIndex + 1])
        else {
            decoded.append(byte)
            continue
        }
        decoded.append(high << 4 | low)
        rest = rest.dropFirst(2)
    }
    return String(decoding: decoded, as: UTF8.self)
}

/// Converts text to a part of a header's name: lowercase letters, digits and `-`.
func headerName(_ text: String) -> String {
    String(
        decoding: text.utf8.prefix(64).map { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A: byte
            case 0x41...0x5A: byte + 0x20
            default: UInt8(ascii: "-")
            }
        }, as: UTF8.self)
}
