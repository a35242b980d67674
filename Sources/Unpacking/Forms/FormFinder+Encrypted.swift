extension FormFinder {
    /// Where the second header of LUKS2 may stand: behind the first one, whose size is a power of two.
    private static let secondHeaders: [Int64] = (14...22).map { 1 << $0 }

    /// Returns the encrypted forms that more than a layer's first bytes show.
    static func encrypted(_ slice: FileSlice, _ head: [UInt8]) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        let all = 0..<slice.size
        if let first = head.first, first & 0x80 != 0, try OpenPGPMessage.begins(slice) {
            found.append(Sighting(.openPGP, all))
        }
        // Readers repair a damaged first header from it.
        for offset in secondHeaders where offset < slice.size {
            guard try slice.bytes(at: offset, count: 8) == [0x53, 0x4B, 0x55, 0x4C, 0xBA, 0xBE, 0, 2] else { continue }
            found.append(Sighting(.encryptedDisk, all))
            break
        }
        let trailer = try slice.bytes(at: slice.size - 8, count: 8)
        // A disk image of the first version has its header at its end.
        if trailer == Array("cdsaencr".utf8) { found.append(Sighting(.encryptedDisk, all)) }
        // Parquet with an encrypted footer.
        let parquet = Array("PARE".utf8)
        if head.starts(with: parquet), trailer.suffix(4) == parquet[...] {
            found.append(Sighting(.encryptedDatabase, all))
        }
        return found
    }
}
