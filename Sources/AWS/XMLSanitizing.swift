/// Replaces characters that XML 1.0 does not allow by U+FFFD, both literal ones and character references. S3 accepts
/// keys with such characters and returns them in its responses.
func replacingInvalidXMLCharacters(in document: [UInt8]) -> [UInt8] {
    guard document.contains(where: { isControl($0) || $0 == UInt8(ascii: "&") || $0 == 0xEF }) else { return document }
    var result: [UInt8] = []
    result.reserveCapacity(document.count)
    var rest = document[...]
    while let byte = rest.first {
        if isControl(byte) {
            result += replacement
            rest = rest.dropFirst()
        } else if byte == UInt8(ascii: "&"), let (value, length) = characterReference(rest), !isXMLCharacter(value) {
            result += replacement
            rest = rest.dropFirst(length)
        } else if byte == 0xEF, rest.starts(with: [0xEF, 0xBF, 0xBE]) || rest.starts(with: [0xEF, 0xBF, 0xBF]) {
            result += replacement
            rest = rest.dropFirst(3)
        } else {
            result.append(byte)
            rest = rest.dropFirst()
        }
    }
    return result
}

private let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

private func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D }

/// Extensible Markup Language (XML) 1.0, production 2.
private func isXMLCharacter(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: true
    default: false
    }
}

/// Parses `&#31;` or `&#x1F;` at the start of `text`. Returns the number, which is 0 if it is too large, and the
/// reference's length; nil for anything else.
private func characterReference(_ text: ArraySlice<UInt8>) -> (value: UInt32, length: Int)? {
    guard let end = text.prefix(16).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    var digits = text[text.startIndex..<end].dropFirst()
    guard digits.popFirst() == UInt8(ascii: "#") else { return nil }
    let isHexadecimal = digits.first == UInt8(ascii: "x")
    if isHexadecimal { digits = digits.dropFirst() }
    guard !digits.isEmpty,
        digits.allSatisfy({ (0x30...0x39).contains($0) || (isHexadecimal && (0x41...0x46).contains($0 & 0xDF)) })
    else { return nil }
    let value = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10)
    return (value ?? 0, end - text.startIndex + 1)
}
