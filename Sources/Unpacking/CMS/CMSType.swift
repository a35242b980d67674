/// A content type of CMS, by its object identifier (RFC 5652, RFC 3274, RFC 5083, RFC 5544).
enum CMSType: Sendable, CaseIterable {
    case data, signed, enveloped, signedAndEnveloped, digested, encrypted, authenticated, compressed, authEnveloped
    case timeStamped

    private static let pkcs7: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7]
    private static let smime: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 0x10, 1]

    /// The content of the identifier.
    var identifier: [UInt8] {
        switch self {
        case .data: Self.pkcs7 + [1]
        case .signed: Self.pkcs7 + [2]
        case .enveloped: Self.pkcs7 + [3]
        case .signedAndEnveloped: Self.pkcs7 + [4]
        case .digested: Self.pkcs7 + [5]
        case .encrypted: Self.pkcs7 + [6]
        case .authenticated: Self.smime + [2]
        case .compressed: Self.smime + [9]
        case .authEnveloped: Self.smime + [23]
        case .timeStamped: Self.smime + [31]
        }
    }

    init?(identifier: [UInt8]) {
        guard let type = Self.allCases.first(where: { $0.identifier == identifier }) else { return nil }
        self = type
    }

    /// The type of a ContentInfo that begins at a layer's first byte, or nil: a sequence, whatever its form of length,
    /// that begins with the identifier of a type.
    init?(_ slice: FileSlice) {
        var reader = BERReader(slice)
        guard let outer = Self.lenient(slice, at: 0, BERHead.sequence),
            let identifier = try? reader.head(BERHead.objectIdentifier, at: outer),
            let bytes = try? reader.bytes(of: identifier)
        else { return nil }
        self.init(identifier: bytes)
    }

    /// The offset of a value's content, although the value may extend beyond the layer's end.
    private static func lenient(_ slice: FileSlice, at offset: Int64, _ tag: UInt8) -> Int64? {
        guard let bytes = try? slice.bytes(at: offset, count: 16), bytes.count >= 4, bytes[0] == tag else { return nil }
        return offset + 2 + (bytes[1] > 0x80 ? Int64(bytes[1] & 0x7F) : 0)
    }
}
