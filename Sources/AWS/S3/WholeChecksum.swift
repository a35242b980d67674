internal import Digest

/// The SHA-256 of a whole object, or of a part, in lowercase hexadecimal, out of what S3 tells of an object's checksum (Amazon S3 User Guide,
/// "Checking object integrity").
///
/// - Parameters:
///   - told: `x-amz-checksum-sha256` or `ChecksumSHA256`: base64. Of an object made of parts S3 tells a hash over the hashes of
///     its parts, with `-` and their number behind it.
///   - type: `x-amz-checksum-type` or `ChecksumType`: `FULL_OBJECT` or `COMPOSITE`; stores of an older day tell none.
///   - etag: of the same object. Where it is that of an object made of parts, the type has to be told: some stores leave the number off.
/// - Returns: nil for anything but the hash of all bytes.
func wholeSHA256(_ told: String?, type: String?, etag: String?) -> String? {
    let isOfParts = etag?.contains("-") ?? false
    guard let told, type == "FULL_OBJECT" || (type == nil && !isOfParts), let bytes = bytes(ofBase64: told),
        bytes.count == 32
    else { return nil }
    return hexadecimal(bytes)
}

/// The form in which S3 is told a checksum.
func base64(ofHexadecimal text: String) -> String {
    var bytes: [UInt8] = []
    var digits = text.utf8[...]
    while let byte = UInt8(String(decoding: digits.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(byte)
        digits = digits.dropFirst(2)
    }
    return base64(bytes)
}

/// RFC 4648, section 4; nil for what is not in that form to the letter.
private func bytes(ofBase64 text: String) -> [UInt8]? {
    guard !text.isEmpty, text.utf8.count % 4 == 0 else { return nil }
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    let padding = text.utf8.dropFirst(digits.count)
    guard padding.count <= 2, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
    var bytes: [UInt8] = []
    var (bits, count) = (0, 0)
    for digit in digits {
        guard let value = value(ofBase64: digit) else { return nil }
        bits = bits << 6 | value
        count += 6
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(bits >> count))
            bits &= (1 << count) - 1
        }
    }
    return bits == 0 ? bytes : nil
}

private func value(ofBase64 digit: UInt8) -> Int? {
    switch digit {
    case 0x41...0x5A: Int(digit) - 0x41
    case 0x61...0x7A: Int(digit) - 0x61 + 26
    case 0x30...0x39: Int(digit) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
