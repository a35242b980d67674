/// A value on its way to the server, in the binary form of its type.
enum PostgresValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    init(_ text: String?) { self = text.map(Self.text) ?? .null }
    init(_ integer: Int64?) { self = integer.map(Self.integer) ?? .null }
    init(_ integer: Int) { self = .integer(Int64(integer)) }

    /// The type's number in `pg_type`; 0 leaves it to the server.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .integer: 20
        case .text: 25
        case .bytes: PostgresValue.bytesType
        }
    }

    static let bytesType: UInt32 = 17

    /// Adds the value to `bytes`; false for NULL.
    func append(to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .null: return false
        case .integer(let integer):
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: integer >> shift))
            }
        case .text(let text): bytes.append(contentsOf: storable(text))
        case .bytes(let plain): bytes.append(contentsOf: plain)
        }
        return true
    }
}

/// The server takes no U+0000 in a text. It is kept as U+0001 "0", and U+0001 as U+0001 "1"; every other text is kept as
/// it is, so that texts are equal here where they are equal there.
func storable(_ text: String) -> [UInt8] {
    let plain = Array(text.utf8)
    guard plain.contains(where: { $0 <= 1 }) else { return plain }
    return plain.flatMap { $0 <= 1 ? [1, UInt8(ascii: "0") + $0] : [$0] }
}

/// The text that `storable` made the bytes of.
func stored(_ bytes: UnsafeRawBufferPointer) -> String {
    guard unsafe bytes.contains(1) else { return unsafe String(decoding: bytes, as: UTF8.self) }
    var plain: [UInt8] = []
    var isMarked = false
    unsafe bytes.forEach { byte in
        if isMarked {
            plain.append(byte &- UInt8(ascii: "0"))
            isMarked = false
        } else if byte == 1 {
            isMarked = true
        } else {
            plain.append(byte)
        }
    }
    return String(decoding: plain, as: UTF8.self)
}
