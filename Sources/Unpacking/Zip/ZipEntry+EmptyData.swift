/// The packed data of entries that declare no bytes. Some readers do not compare sizes, and write what is decoded.
extension ZipEntry {
    /// What Deflate makes of nothing.
    private static let emptyDeflate: [UInt8] = [3, 0]

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
        if method == 8, packed == Self.emptyDeflate { return false }
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
            return Self.holdsBytes(Array(packed[9...]), &decoder)
        case 93: return try Self.holdsBytes(packed, .zstd)
        // The index follows the head at once: there is no block.
        case 95: return packed.count < 32 || packed[12] != 0
        default: return true
        }
    }

    private static func holdsBytes(_ packed: [UInt8], _ form: ContainerForm) throws(UnpackingError) -> Bool {
        var decoder = try StreamDecoder(form)
        try decoder.start()
        return holdsBytes(packed, &decoder)
    }

    private static func holdsBytes(_ packed: [UInt8], _ decoder: inout StreamDecoder) -> Bool {
        var (output, used) = ([UInt8](repeating: 0, count: 1), 0)
        while true {
            let step = decoder.decode(packed, from: used, into: &output)
            used += step.taken
            if step.made > 0 { return true }
            guard case .more = step.result, step.taken > 0 else { return false }
        }
    }
}
