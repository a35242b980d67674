/// The limit on the memory that a stream's header demands for its dictionary, checked before a decoder allocates it.
enum DictionaryLimit {
    /// Bytes. `xz -9` needs 64 MiB; a Zstandard decoder refuses 128 MiB and more itself.
    static let maximum: UInt64 = 512 << 20

    /// Bytes. What is decoded of a stream whose header may be none by chance.
    static let smaller: Int64 = 64 << 20

    /// Whether an `.lzma` header demands more than `maximum`.
    static func exceeds(_ file: FileSlice) throws(UnpackingError) -> Bool {
        try file.bytes(at: 0, count: 5).number(4, at: 1) > maximum
    }

    /// Writes the smaller size to an `.lzma` header.
    static func setSmaller(in header: inout [UInt8]) {
        guard header.count > 4 else { return }
        for index in 0..<4 { header[1 + index] = UInt8(truncatingIfNeeded: smaller >> (8 * index)) }
    }

    /// - Throws: `.memory` if the first block's header demands more than `maximum`. Later blocks are not checked; the
    ///   process's address space limit bounds them.
    static func check(_ file: FileSlice, form: ContainerForm) throws(UnpackingError) {
        guard form == .lzma || form == .xz else { return }
        let start = try file.bytes(at: 0, count: 12 + 1024)
        let size = form == .lzma ? start.number(4, at: 1) : xz(start)
        guard size <= maximum else { throw UnpackingError(.memory, "a dictionary of \(size) bytes") }
    }

    /// The dictionary of LZMA2, the last of the first block's filters. Source: "The .xz File Format" 1.2, 3.1 and
    /// 5.3.1.
    private static func xz(_ bytes: [UInt8]) -> UInt64 {
        // The stream header of 12 bytes, then the block header: its length in words minus one, flags, sizes, filters.
        guard bytes.count > 14, bytes[12] != 0 else { return 0 }
        let flags = bytes[13]
        let end = min(bytes.count, 12 + (Int(bytes[12]) + 1) * 4)
        var index = 14
        for mask: UInt8 in [0x40, 0x80] where flags & mask != 0 { _ = number(bytes, &index, end) }
        for _ in 0...flags & 3 {
            guard let filter = number(bytes, &index, end), let length = number(bytes, &index, end) else { return 0 }
            if filter == 0x21, length == 1, index < end { return dictionary(of: bytes[index]) }
            index += Int(clamping: min(length, 1024))
        }
        return 0
    }

    private static func dictionary(of property: UInt8) -> UInt64 {
        property >= 40 ? UInt64(UInt32.max) : UInt64(2 | property & 1) << UInt64(property / 2 + 11)
    }

    /// A variable-length number: seven bits a byte, the lowest first.
    private static func number(_ bytes: [UInt8], _ index: inout Int, _ end: Int) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard index < end else { return nil }
            let byte = bytes[index]
            index += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
