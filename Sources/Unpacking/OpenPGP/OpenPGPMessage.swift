/// Recognises an OpenPGP message (RFC 9580, section 10.3) by its first packets. Keys and detached signatures are none.
enum OpenPGPMessage {
    /// How many packets may precede the one that decides: signatures, markers, padding.
    private static let maximumPackets = 32
    /// Fewer bytes of a packet of an odd format that is cut are a hash or a key.
    private static let shortestCut = 65

    static func begins(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        var offset: Int64 = 0
        for _ in 0..<maximumPackets {
            guard let header = try OpenPGPPacket.header(in: layer, at: offset), let tag = header.tag else {
                return false
            }
            let body = try layer.bytes(at: offset + header.size, count: 600)
            switch tag {
            case .publicKeySession, .passwordSession:
                guard isSessionKey(body, tag) else { return false }
                return try isFollowedByEncryption(layer, header, at: offset)
            case .encryptedProtected, .encryptedAuthenticated, .encrypted:
                guard isEncryptedData(body, tag) else { return false }
                return try OpenPGPPacket.endsLayer(layer, header, at: offset)
            case .compressed: return isCompressed(body)
            case .literal:
                guard hasName(body, header.length) else { return false }
                if isLiteral(body) { return true }
                // Readers take any format; then the length has to prove it.
                if case .definite(let length) = header.length, hasDatedName(body) {
                    return layer.size - offset >= shortestCut || offset + header.size + length <= layer.size
                }
                return try OpenPGPPacket.endsLayer(layer, header, at: offset)
            case .onePassSignature:
                return header.length == .definite(13) && body.first == 3 && body.count >= 13 && body[12] <= 1
                    || body.first == 6 && body.count > 40
            case .signature:
                guard let version = body.first, [2, 3, 4, 5, 6].contains(version) else { return false }
            case .marker:
                guard header.length == .definite(3), body.starts(with: Array("PGP".utf8)) else { return false }
            case .padding, .experimental: break
            }
            guard case .definite(let length) = header.length else { return false }
            offset += header.size + length
        }
        return false
    }

    /// A session key, encrypted to a key (version 3 or 6) or by a passphrase (version 4, 5 or 6).
    private static func isSessionKey(_ body: [UInt8], _ tag: OpenPGPPacket.Tag) -> Bool {
        guard body.count > 12 else { return false }
        if tag == .publicKeySession {
            return body[0] == 3 && publicKeyAlgorithms.contains(body[9]) || body[0] == 6 && body[1] <= 33
        }
        if body[0] == 4 { return (1...13).contains(body[1]) && [0, 1, 3, 4].contains(body[2]) }
        return body[0] == 5 && (1...13).contains(body[1]) && (1...3).contains(body[2]) || body[0] == 6
    }

    private static let publicKeyAlgorithms: Set<UInt8> = [1, 2, 16, 18, 20, 25, 26, 29, 30, 35, 36]

    /// Whether another packet of an encrypted message stands behind this one.
    private static func isFollowedByEncryption(
        _ layer: FileSlice, _ header: OpenPGPPacket.Header, at offset: Int64
    ) throws(UnpackingError) -> Bool {
        guard case .definite(let length) = header.length, length < 1 << 16 else { return false }
        guard let next = try OpenPGPPacket.header(in: layer, at: offset + header.size + length)?.tag else {
            return false
        }
        switch next {
        case .publicKeySession, .passwordSession, .encryptedProtected, .encryptedAuthenticated, .encrypted, .marker,
            .padding:
            return true
        case .signature, .onePassSignature, .compressed, .literal, .experimental: return false
        }
    }

    private static func isEncryptedData(_ body: [UInt8], _ tag: OpenPGPPacket.Tag) -> Bool {
        guard body.count > 18 else { return false }
        switch tag {
        case .encryptedProtected: return body[0] == 1 || body[0] == 2 && body[1] <= 13 && body[2] <= 3
        case .encryptedAuthenticated: return body[0] == 1 && body[1] <= 13 && (1...3).contains(body[2]) && body[3] <= 56
        default: return true
        }
    }

    /// Whether a compressed packet begins as a message when it is decoded.
    private static func isCompressed(_ body: [UInt8]) -> Bool {
        guard let algorithm = body.first else { return false }
        let data = Array(body.dropFirst())
        switch algorithm {
        case 0: return beginsMessage(data)
        case 1: return ZlibStream.prefix(of: data, .raw, count: 64).map(beginsMessage) ?? false
        case 2: return ZlibStream.prefix(of: data, .zlib, count: 64).map(beginsMessage) ?? false
        case 3: return data.starts(with: Array("BZh".utf8))
        default: return false
        }
    }

    private static func beginsMessage(_ bytes: [UInt8]) -> Bool {
        OpenPGPPacket.header(startingWith: Array(bytes.prefix(6)))?.tag != nil
    }

    /// Whether the name of a literal packet fits into its body.
    private static func hasName(_ body: [UInt8], _ length: OpenPGPPacket.Length) -> Bool {
        guard body.count >= 6 else { return false }
        if case .definite(let size) = length { return size >= 6 + Int64(body[1]) }
        return true
    }

    private static func isPlainName(_ body: [UInt8]) -> Bool {
        body.dropFirst(2).prefix(Int(body[1])).allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// A known format and a name without control characters.
    private static func isLiteral(_ body: [UInt8]) -> Bool {
        Array("btulm1".utf8).contains(body[0]) && isPlainName(body)
    }

    /// A name, and a date that is zero or from 1995 to 2038.
    private static func hasDatedName(_ body: [UInt8]) -> Bool {
        let date = body.dropFirst(2 + Int(body[1])).prefix(4)
        guard body[1] > 0, isPlainName(body), let first = date.first else { return false }
        return (0x2F...0x80).contains(first) || date.allSatisfy { $0 == 0 }
    }
}
