/// The key behind one that S3 encoded as a form does (`application/x-www-form-urlencoded`): each `+` is a space, then
/// each `%` with two hexadecimal digits is a byte. In that order: `%2B` is a plus.
///
/// Nil where a `%` has no two digits after it, or where the bytes are no UTF-8.
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

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
