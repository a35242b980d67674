/// The percent-encoding that Signature Version 4 requires in paths, queries and copy sources: RFC 3986's unreserved
/// characters are kept, everything else becomes `%XX` with uppercase digits.
enum PercentEncoding {
    /// Appends the name or value of a query item.
    static func append(component text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 { append(byte, keepingSlash: false, to: &bytes) }
    }

    /// Appends a path. Slashes are kept.
    static func append(path text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text { append(byte, keepingSlash: true, to: &bytes) }
    }

    static func component(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(component: text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes a text in which `+` is a space, the form of `encoding-type=url` in listings. A `%` without two digits is
    /// kept.
    static func decoded(_ text: String) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            let byte = source[index]
            if byte == UInt8(ascii: "%"), index + 2 < source.count, let high = digit(source[index + 1]),
                let low = digit(source[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
                continue
            }
            bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            index += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ byte: UInt8, keepingSlash: Bool, to bytes: inout [UInt8]) {
        if isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/")) {
            bytes.append(byte)
        } else {
            bytes.append(UInt8(ascii: "%"))
            bytes.append(uppercaseDigit(byte >> 4))
            bytes.append(uppercaseDigit(byte & 15))
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func uppercaseDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
