/// What an ActiveMime file holds: an OLE2 file, compressed by zlib. Office puts one into web archives, for macros and
/// objects. The header's length is in the header; files have been seen in which it is not right.
package struct ActiveMimeOpener: SinglePartOpener {
    static let mark = Array("ActiveMime".utf8)
    private static let commonOffsets: [Int64] = [0x32, 0x22A]
    private static let searchLength = 4096

    private let layer: FileSlice
    private let offset: Int64
    package var isTaken = false

    /// - Throws: `.malformed` if no zlib stream follows the header.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: Self.searchLength)
        let declared = Int64(head.number(2, at: 0x1E)) + 0x2E
        let others = (0..<Int64(head.count)).filter { Self.mayBeZlib(head, at: Int($0)) }
        let offset = ([declared] + Self.commonOffsets + others).first { Self.isZlib(layer, at: $0) }
        guard let offset else { throw UnpackingError(.malformed, "no zlib stream in ActiveMime") }
        self.offset = offset
    }

    /// A header of zlib (RFC 1950, section 2.2): method 8, and a sum that 31 divides.
    private static func mayBeZlib(_ head: [UInt8], at index: Int) -> Bool {
        index + 1 < head.count && head[index] & 0x0F == 8 && head[index] >> 4 <= 7
            && (UInt16(head[index]) << 8 | UInt16(head[index + 1])) % 31 == 0
    }

    private static func isZlib(_ layer: FileSlice, at offset: Int64) -> Bool {
        guard let head = try? layer.bytes(at: offset, count: 2), mayBeZlib(head, at: 0) else { return false }
        guard let block = try? layer.bytes(at: offset, count: 1024) else { return false }
        return ZlibStream.prefix(of: block, .zlib, count: 16)?.isEmpty == false
    }

    package var part: LayerPart { LayerPart("content") }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        var stream = try ZlibStream(.zlib)
        let (end, _) = try stream.run(
            from: offset,
            reading: { offset throws(UnpackingError) in try layer.bytes(at: offset, count: ZlibStream.blockLength) },
            writing: { piece throws(UnpackingError) in
                try writer.append(piece)
                return true
            })
        guard end == .whole || end == .cut else { throw UnpackingError(.malformed, "not a zlib stream") }
        return try writer.finish()
    }
}
