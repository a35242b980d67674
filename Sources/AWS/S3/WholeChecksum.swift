internal import Digest

/// Returns the SHA-256 of all bytes of an object, or of a part, in lowercase hexadecimal, from the checksum that S3
/// returned (Amazon S3 User Guide, "Checking object integrity").
///
/// - Parameters:
///   - checksum: `x-amz-checksum-sha256` or `ChecksumSHA256`, in base64. For a multipart object S3 returns a hash over
///     the hashes of its parts, followed by `-` and their number.
///   - type: `x-amz-checksum-type` or `ChecksumType`: `FULL_OBJECT` or `COMPOSITE`; older stores return none.
///   - etag: the same object's ETag. For a multipart ETag the type is required, since some stores omit the number of
///     parts.
/// - Returns: nil unless the checksum is the hash of all bytes.
func wholeSHA256(_ checksum: String?, type: String?, etag: String?) -> String? {
    let isOfParts = etag?.contains("-") ?? false
    guard let checksum, type == "FULL_OBJECT" || (type == nil && !isOfParts), let bytes = bytes(ofBase64: checksum),
        bytes.count == 32
    else { return nil }
    return hexadecimal(bytes)
}

/// The form of checksums in requests.
func base64(ofHexadecimal text: String) -> String { base64(bytes(ofHexadecimal: text) ?? []) }

/// RFC 4648, section 4; nil for any deviation from that form.
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
