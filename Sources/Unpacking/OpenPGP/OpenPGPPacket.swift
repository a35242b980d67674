/// One packet of OpenPGP: a tag, and a body that may be cut into chunks (RFC 9580, section 4.2; the old format as in
/// RFC 4880, section 4.2.1).
struct OpenPGPPacket {
    enum Tag: UInt8 {
        case publicKeySession = 1
        case signature = 2
        case passwordSession = 3
        case onePassSignature = 4
        case compressed = 8
        case encrypted = 9
        case marker = 10
        case literal = 11
        case encryptedProtected = 18
        case encryptedAuthenticated = 20
        case padding = 21
        /// Readers pass over it, as over the other private ones.
        case experimental = 60
    }

    /// How a header gives the body's length.
    enum Length: Equatable {
        case definite(Int64)
        /// The length of the first chunk; another length follows it.
        case partial(Int64)
        /// To the end of the bytes.
        case indeterminate
    }

    struct Header {
        /// Nil for one that no message is made of.
        let tag: Tag?
        let length: Length
        /// The number of bytes of the header.
        let size: Int64
    }

    let header: Header
    let body: ScatteredSlice
    /// The offset behind it.
    let end: Int64
    /// Whether the bytes end before the packet does.
    let isCut: Bool

    /// Reads the header at an offset. Nil if none stands there.
    static func header(in layer: FileSlice, at offset: Int64) throws(UnpackingError) -> Header? {
        header(startingWith: try layer.bytes(at: offset, count: 6))
    }

    static func header(startingWith bytes: [UInt8]) -> Header? {
        guard bytes.count >= 2, bytes[0] & 0x80 != 0 else { return nil }
        guard bytes[0] & 0x40 == 0 else {
            guard let (length, size) = newLength(bytes.dropFirst()), bytes[0] & 0x3F != 0 else { return nil }
            let tag = min(bytes[0] & 0x3F, Tag.experimental.rawValue)
            return Header(tag: Tag(rawValue: tag), length: length, size: 1 + size)
        }
        let tag = bytes[0] >> 2 & 15
        guard tag != 0 else { return nil }
        let count = 1 << Int(bytes[0] & 3)
        guard count < 8 else { return Header(tag: Tag(rawValue: tag), length: .indeterminate, size: 1) }
        guard bytes.count > count else { return nil }
        let length = bytes[1...count].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return Header(tag: Tag(rawValue: tag), length: .definite(length), size: 1 + Int64(count))
    }

    /// Returns a length of the new format, and the number of its bytes.
    private static func newLength(_ bytes: ArraySlice<UInt8>) -> (Length, Int64)? {
        guard let first = bytes.first else { return nil }
        let rest = Array(bytes.dropFirst())
        switch first {
        case ..<192: return (.definite(Int64(first)), 1)
        case ..<224:
            guard !rest.isEmpty else { return nil }
            return (.definite((Int64(first) - 192) << 8 + Int64(rest[0]) + 192), 2)
        case 255:
            guard rest.count >= 4 else { return nil }
            return (.definite(rest[..<4].reduce(0) { $0 << 8 | Int64($1) }), 5)
        default: return (.partial(1 << Int64(first & 0x1F)), 1)
        }
    }

    /// Reads the packet at an offset. Nil if no header stands there.
    init?(in layer: FileSlice, at offset: Int64) throws(UnpackingError) {
        guard let header = try Self.header(in: layer, at: offset) else { return nil }
        self.header = header
        var body = ScatteredSlice(layer)
        var (position, length) = (offset + header.size, header.length)
        while case .partial(let count) = length {
            guard count <= layer.size - position else {
                try body.append(position..<layer.size)
                (self.body, end, isCut) = (body, layer.size, true)
                return
            }
            try body.append(position..<position + count)
            position += count
            guard let next = Self.newLength(try layer.bytes(at: position, count: 5)[...]) else {
                (self.body, end, isCut) = (body, position, true)
                return
            }
            (length, position) = (next.0, position + next.1)
        }
        var last = layer.size
        if case .definite(let count) = length { last = position + count }
        let end = min(last, layer.size)
        if position < end { try body.append(position..<end) }
        (self.body, self.end, isCut) = (body, end, last > layer.size)
    }

    /// Whether the packet at an offset ends exactly where the layer does.
    static func endsLayer(_ layer: FileSlice, _ header: Header, at offset: Int64) throws(UnpackingError) -> Bool {
        var (position, length) = (offset + header.size, header.length)
        // No chance leads through that many chunks.
        for _ in 0..<4096 {
            switch length {
            case .indeterminate: return false
            case .definite(let count): return position + count == layer.size
            case .partial(let count): position += count
            }
            guard let next = newLength(try layer.bytes(at: position, count: 5)[...]) else { return false }
            (length, position) = (next.0, position + next.1)
        }
        return true
    }
}
