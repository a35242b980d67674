/// Decodes a key that S3 encoded as `application/x-www-form-urlencoded`: each `+` becomes a space, then each `%` with
/// two hexadecimal digits becomes a byte. In that order: `%2B` is a plus.
///
/// Returns nil if a `%` is not followed by two digits, or if the bytes are not UTF-8.
func decodedKey(_ encoded: String) -> String? {
    var source = encoded.utf8.makeIterator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoded.utf8.count)
    while let byte = source.next() {
        switch byte {
        case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
        case UInt8(ascii: "%"):
            guard let high = source.next().flatMap(hexadecimalValue), let low = source.next().flatMap(hexadecimalValue)
            else { return nil }
            bytes.append(high << 4 | low)
        default: bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
