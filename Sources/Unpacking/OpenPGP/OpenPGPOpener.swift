/// The parts of an OpenPGP message (RFC 9580): the contents of literal packets, decompressed packets, and a mark for
/// what is encrypted.
package struct OpenPGPOpener: LayerOpener {
    private enum Current {
        case none
        case literal(ScatteredSlice, from: Int64)
        case compressed(ScatteredSlice, format: ZlibStream.Format, isOpenEnded: Bool)
        case copied(ScatteredSlice, from: Int64)
    }

    private let layer: FileSlice
    private var offset: Int64 = 0
    private var current = Current.none
    private var isEncrypted = false
    private var isCut = false
    private var packets = 0
    package private(set) var unaccounted: [Range<Int64>] = []

    private static let maximumPackets = 100_000

    package init(_ layer: FileSlice) { self.layer = layer }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        current = .none
        while offset < layer.size {
            if isCut { throw UnpackingError(.truncated, "a packet without an end") }
            packets += 1
            guard packets <= Self.maximumPackets else { throw UnpackingError(.tooLarge, "\(packets) packets") }
            guard let packet = try OpenPGPPacket(in: layer, at: offset) else {
                unaccounted.append(offset..<layer.size)
                offset = layer.size
                return nil
            }
            offset = packet.end
            isCut = packet.isCut
            if let part = try part(of: packet) { return part }
        }
        if isCut { throw UnpackingError(.truncated, "a packet without an end") }
        return nil
    }

    private mutating func part(of packet: OpenPGPPacket) throws(UnpackingError) -> LayerPart? {
        switch packet.header.tag {
        case .publicKeySession, .passwordSession, .encrypted, .encryptedProtected, .encryptedAuthenticated:
            if isEncrypted { return nil }
            isEncrypted = true
            return LayerPart("the message", isEncrypted: true)
        case .literal:
            let head = try packet.body.bytes(at: 0, count: 2 + 255)
            guard head.count >= 2, packet.body.size >= 6 + Int64(head[1]) else {
                throw UnpackingError(.malformed, "a literal packet without a header")
            }
            let start = 6 + Int64(head[1])
            current = .literal(packet.body, from: start)
            return LayerPart(name: Array(head.dropFirst(2).prefix(Int(head[1]))), size: packet.body.size - start)
        case .compressed:
            switch try packet.body.bytes(at: 0, count: 1).first {
            case 0, 3: current = .copied(packet.body, from: 1)
            case 1: current = compressed(packet, .raw)
            case 2: current = compressed(packet, .zlib)
            case let algorithm: throw UnpackingError(.method, "compression \(algorithm ?? 0)")
            }
            return LayerPart("compressed data")
        case .signature, .onePassSignature, .marker, .padding, .experimental, nil: return nil
        }
    }

    private func compressed(_ packet: OpenPGPPacket, _ format: ZlibStream.Format) -> Current {
        .compressed(packet.body, format: format, isOpenEnded: packet.header.length == .indeterminate)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        switch current {
        case .none: return 0
        case .literal(let body, let start), .copied(let body, let start):
            return try body.copy(start..<body.size, into: file, limit: limit)
        case .compressed(let body, let format, let isOpenEnded):
            let (size, end) = try body.inflate(format, from: 1, into: file, limit: limit)
            guard end < body.size, let rest = body.stretch(at: end) else { return size }
            // A packet without a length ends where its stream does.
            if isOpenEnded { offset = rest.lowerBound } else { unaccounted.append(rest) }
            return size
        }
    }
}
