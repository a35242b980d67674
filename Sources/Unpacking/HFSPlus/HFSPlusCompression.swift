/// The content of a file that HFS+ keeps compressed: in its attribute, or in blocks of 64 KiB in its resource fork. A
/// block whose first byte marks it as plain is stored as it is. Source: "decmpfs.h" of Apple's xnu.
struct HFSPlusCompression {
    private enum Method {
        case plain, zlib, lzvn, lzfse

        /// The first byte of a block that is stored as it is.
        func isStored(_ first: UInt8) -> Bool {
            switch self {
            case .plain: true
            case .zlib: first & 0x0F == 0x0F
            case .lzvn: first == 0x06
            case .lzfse: first == 0xFF
            }
        }
    }

    private static let headerLength = 16
    private static let blockLength: Int64 = 64 << 10

    private let method: Method
    private let isInResource: Bool
    private let value: [UInt8]
    private let size: Int64
    private let resource: HFSPlusForkReader

    /// - Parameter value: of the attribute `com.apple.decmpfs`.
    init(_ value: [UInt8], resource: HFSPlusForkReader) throws(UnpackingError) {
        guard value.count >= Self.headerLength, value.starts(with: Array("fpmc".utf8)),
            let size = Int64(exactly: value.number(8, at: 8))
        else { throw Self.damaged }
        let type = value.number(4, at: 4)
        switch type {
        case 1, 9, 10: method = .plain
        case 3, 4: method = .zlib
        case 7, 8: method = .lzvn
        case 11, 12: method = .lzfse
        default: throw UnpackingError(.method, "a file compressed by method \(type)")
        }
        isInResource = [4, 8, 10, 12].contains(type)
        (self.value, self.size, self.resource) = (value, size, resource)
    }

    func unpack(into output: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard size <= limit else { throw UnpackingError(.tooLarge, "a file of \(size) bytes") }
        let blocks = isInResource ? try resourceBlocks() : []
        guard isInResource else {
            let packed = Array(value.dropFirst(Self.headerLength))
            // Type 1 has no mark before the bytes.
            let bytes = try decode(packed, size: Int(clamping: size), hasMark: value.number(4, at: 4) != 1)
            try writeScratch(bytes[...], to: output, at: 0)
            return size
        }
        for (index, range) in blocks.enumerated() {
            let start = Int64(index) * Self.blockLength
            let count = Int(min(Self.blockLength, size - start))
            guard range.count <= 2 * Self.blockLength else { throw Self.damaged }
            try writeScratch(decode(resource.bytes(range), size: count)[...], to: output, at: start)
        }
        return size
    }

    private func decode(_ packed: [UInt8], size: Int, hasMark: Bool = true) throws(UnpackingError) -> [UInt8] {
        guard size <= Int(Self.blockLength), let first = packed.first else {
            guard size == 0 else { throw Self.damaged }
            return []
        }
        if !hasMark || method.isStored(first) {
            let bytes = Array(packed.dropFirst(hasMark ? 1 : 0))
            guard bytes.count >= size else { throw Self.damaged }
            return Array(bytes.prefix(size))
        }
        switch method {
        case .plain: throw Self.damaged
        case .zlib: return try ZlibStream.decode(packed, size: size)
        case .lzfse: return try LZFSE.decode(packed, size: size)
        case .lzvn:
            var bytes: [UInt8] = []
            try LZVN.decode(packed[...], into: &bytes, until: size)
            guard bytes.count == size else { throw Self.damaged }
            return bytes
        }
    }

    /// The ranges of the resource fork that the blocks take.
    private func resourceBlocks() throws(UnpackingError) -> [Range<Int64>] {
        let count = Int((size + Self.blockLength - 1) / Self.blockLength)
        guard count <= Int(resource.size / 4) else { throw Self.damaged }
        // zlib: a resource fork's header, the resource's length, the number of blocks, and pairs of offset and length.
        // The others: offsets alone, the first of which ends the table.
        if method == .zlib {
            let data = Int64(try resource.bytes(0..<4).bigNumber(4, at: 0)) + 4
            let table = try resource.bytes(data..<data + 4 + 8 * Int64(count))
            guard table.count == 4 + 8 * count, table.number(4, at: 0) == UInt64(count) else { throw Self.damaged }
            return (0..<count).map { index in
                let start = data + Int64(table.number(4, at: 4 + 8 * index))
                return start..<start + Int64(table.number(4, at: 8 + 8 * index))
            }
        }
        let table = try resource.bytes(0..<4 * Int64(count + 1))
        guard table.count == 4 * (count + 1) else { throw Self.damaged }
        var ranges: [Range<Int64>] = []
        for index in 0..<count {
            let (start, end) = (Int64(table.number(4, at: 4 * index)), Int64(table.number(4, at: 4 * index + 4)))
            guard start <= end else { throw Self.damaged }
            ranges.append(start..<end)
        }
        return ranges
    }

    private static var damaged: UnpackingError { UnpackingError(.malformed, "a damaged compressed file") }
}
