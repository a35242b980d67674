/// The CRC-32 that ZIP, gzip, RAR and ARJ use (RFC 1952, section 8).
struct CRC32 {
    private var sum = UInt32.max

    var value: UInt32 { ~sum }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { sum = sum >> 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let table = Self.table
        for index in 0..<bytes.count {
            sum = unsafe sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[index])]
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
}

extension [UInt8] {
    package var crc32: UInt32 {
        var checksum = CRC32()
        checksum.add(self)
        return checksum.value
    }
}
