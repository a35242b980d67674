/// The packed data of entries that declare no bytes. Some readers do not compare sizes, and write what is decoded.
extension ZipEntry {
    /// The last block of a Deflate stream of no bytes, with fixed codes or stored (RFC 1951, 3.2).
    private static let lastBlocks: [[UInt8]] = [[3, 0], [1, 0, 0, 0xFF, 0xFF]]
    /// What a flush writes before the last block.
    private static let flushedBlock: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
    /// The length of a stream of xz without blocks: header, index and footer.
    private static let emptyXZ = 32

    private static func isEmptyDeflate(_ packed: [UInt8]) -> Bool {
        var rest = packed[...]
        while rest.starts(with: flushedBlock) { rest = rest.dropFirst(flushedBlock.count) }
        return lastBlocks.contains { rest.elementsEqual($0) }
    }

    /// Whether an entry that declares no bytes has data that decode to some, or that no reader of its method decodes.
    ///
    /// - Parameters:
    ///   - start: of the packed data.
    ///   - left: how many entries may still be decoded. What is not decoded has bytes.
    func hasUndeclaredBytes(
        at start: Int64, in file: FileSlice, _ left: inout Int
    ) throws(UnpackingError) -> Bool {
        guard size == 0, method != 0, !isEncrypted, (1...Self.longestEmptyData).contains(packedSize) else {
            return false
        }
        let packed = try file.bytes(at: start, count: Int(packedSize))
        if method == 8, Self.isEmptyDeflate(packed) { return false }
        left -= 1
        guard left >= 0 else { return true }
        switch method {
        case 8: return ZlibStream.prefix(of: packed, .raw, count: 1) != []
        case Self.deflate64:
            var stream = Inflater(file[start..<start + Int64(packed.count)], .deflate64)
            return (try? stream.next()) != []
        case 12: return try Self.holdsBytes(packed, .bzip2)
        case 14:
            // A version, the length of the properties, and these (APPNOTE.TXT 6.3.10, 5.8.8); a small dictionary is
            // enough.
            guard packed.count > 9 else { return true }
            var decoder = try StreamDecoder(.lzma)
            let properties = [packed[4], 0, 0x10, 0, 0]
            guard (try? decoder.start(rawLZMA: properties, isProgram: false)) != nil else { return true }
            return try Self.holdsBytes(Array(packed[9...]), &decoder, isJoined: false)
        case 93: return try Self.holdsBytes(packed, .zstd)
        // The index follows the head at once: there is no block.
        case 95: return packed.count != Self.emptyXZ || packed[12] != 0
        default: return true
        }
    }

    private static func holdsBytes(_ packed: [UInt8], _ form: ContainerForm) throws(UnpackingError) -> Bool {
        var decoder = try StreamDecoder(form)
        try decoder.start()
        return try holdsBytes(packed, &decoder, isJoined: true)
    }

    /// - Parameter isJoined: whether readers go on with what follows a stream's end. What is no stream there is judged
    ///   like one that holds bytes.
    private static func holdsBytes(
        _ packed: [UInt8], _ decoder: inout StreamDecoder, isJoined: Bool
    ) throws(UnpackingError) -> Bool {
        var (output, used, isFirst) = ([UInt8](repeating: 0, count: 1), 0, true)
        while true {
            let step = decoder.decode(packed, from: used, into: &output)
            used += step.taken
            if step.made > 0 { return true }
            switch step.result {
            case .end where isJoined && used < packed.count && step.taken > 0:
                isFirst = false
                try decoder.start()
            case .end: return false
            case .more where step.taken > 0: continue
            default: return !isFirst
            }
        }
    }
}
