extension SQLValue {
    /// The object identifier of the type in `pg_type`; with 0 the server infers the type.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .integer: 20
        case .text: 25
        case .bytes: Self.byteaType
        }
    }

    static let byteaType: UInt32 = 17

    /// `bigint`, `smallint` and `integer`.
    static let integerTypes: [UInt32] = [20, 21, 23]

    /// Appends the value in the binary format of its type. Returns false for NULL.
    func append(to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .null: return false
        case .integer(let integer):
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: integer >> shift))
            }
        case .text(let text): bytes.append(contentsOf: encodedText(text))
        case .bytes(let plain): bytes.append(contentsOf: plain)
        }
        return true
    }
}

/// Values of one type, as one parameter.
struct PostgresArray: Sendable {
    let element: Element
    /// Each of the type, or NULL.
    let values: [SQLValue]

    enum Element: Sendable { case integer, text, bytes }

    /// The object identifiers of the array's type and of its elements' in `pg_type`.
    var type: UInt32 {
        switch element {
        case .integer: 1016
        case .text: 1009
        case .bytes: 1001
        }
    }
    private var elementType: UInt32 {
        switch element {
        case .integer: 20
        case .text: 25
        case .bytes: SQLValue.byteaType
        }
    }

    /// Appends the array in its binary format: dimensions, whether there are NULLs, the elements' type, their number
    /// and first index; then each with its length, which is -1 for NULL (`array_recv` in the server's source).
    func append(to bytes: inout [UInt8]) {
        func append(_ number: Int, _ bytes: inout [UInt8]) {
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        let hasNull = values.contains { if case .null = $0 { true } else { false } }
        for number in [values.isEmpty ? 0 : 1, hasNull ? 1 : 0, Int(elementType)] { append(number, &bytes) }
        if values.isEmpty { return }
        for number in [values.count, 1] { append(number, &bytes) }
        for value in values {
            var encoded: [UInt8] = []
            let isValue = value.append(to: &encoded)
            append(isValue ? encoded.count : -1, &bytes)
            bytes += encoded
        }
    }
}

/// Encodes a text for the server, which accepts no U+0000: U+0000 becomes U+0001 "0", and U+0001 becomes U+0001 "1".
/// All other texts are stored unchanged, so that texts compare equal on the server if and only if they are equal.
func encodedText(_ text: String) -> [UInt8] {
    let plain = Array(text.utf8)
    guard plain.contains(where: { $0 <= 1 }) else { return plain }
    return plain.flatMap { $0 <= 1 ? [1, UInt8(ascii: "0") + $0] : [$0] }
}

/// Decodes the bytes that `encodedText` returned.
func decodedText(_ bytes: UnsafeRawBufferPointer) -> String {
    guard unsafe bytes.contains(1) else { return unsafe String(decoding: bytes, as: UTF8.self) }
    var plain: [UInt8] = []
    var isEscaped = false
    unsafe bytes.forEach { byte in
        if isEscaped {
            plain.append(byte &- UInt8(ascii: "0"))
            isEscaped = false
        } else if byte == 1 {
            isEscaped = true
        } else {
            plain.append(byte)
        }
    }
    return String(decoding: plain, as: UTF8.self)
}
