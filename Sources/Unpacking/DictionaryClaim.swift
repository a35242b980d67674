/// The memory that a stream's header claims for its dictionary, looked at before a decoder sets it aside.
enum DictionaryClaim {
    /// Bytes. `xz -9` takes 64 MiB; a decoder of Zstandard refuses 128 MiB and more by itself.
    static let largest: UInt64 = 512 << 20

    /// - Throws: `.memory` where the header of the first block claims more than `largest`. Later blocks are not looked at: what
    ///   bounds them is the address space of the process.
    static func check(_ file: FileStretch, form: ContainerForm) throws(UnpackingError) {
        guard form == .lzma || form == .xz else { return }
        let start = try file.bytes(at: 0, count: 12 + 1024)
        let claim = form == .lzma ? start.number(4, at: 1) : xz(start)
        guard claim <= largest else { throw UnpackingError(.memory, "a dictionary of \(claim) bytes") }
    }

    /// Of LZMA2, the last of the first block's filters. Source: "The .xz File Format" 1.2, 3.1 and 5.3.1.
    private static func xz(_ bytes: [UInt8]) -> UInt64 {
        // The stream's header of 12 bytes, then the block's: its length in words less one, flags, sizes, filters.
        guard bytes.count > 14, bytes[12] != 0 else { return 0 }
        let flags = bytes[13]
        let end = min(bytes.count, 12 + (Int(bytes[12]) + 1) * 4)
        var place = 14
        for mask: UInt8 in [0x40, 0x80] where flags & mask != 0 { _ = number(bytes, &place, end) }
        for _ in 0...flags & 3 {
            guard let filter = number(bytes, &place, end), let length = number(bytes, &place, end) else { return 0 }
            if filter == 0x21, length == 1, place < end { return dictionary(of: bytes[place]) }
            place += Int(clamping: min(length, 1024))
        }
        return 0
    }

    private static func dictionary(of property: UInt8) -> UInt64 {
        property >= 40 ? UInt64(UInt32.max) : UInt64(2 | property & 1) << UInt64(property / 2 + 11)
    }

    /// Seven bits a byte, the lowest first.
    private static func number(_ bytes: [UInt8], _ place: inout Int, _ end: Int) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard place < end else { return nil }
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
