/// How many parts a letter may have for the engine's reader of mail, whose time grows with the square of their number:
/// a megabyte of boundaries takes it minutes. Readers here take the parts of every letter.
package enum LetterSize {
    private static let mostBoundaries = 2000
    /// How many bytes are looked at. A larger file has more time.
    private static let searchLength: Int64 = 64 << 20

    /// Whether a layer has so many lines that may be boundaries that the engine is not to read it as a letter.
    package static func isBeyondEngine(_ slice: FileSlice) -> Bool {
        var (offset, count, wanted) = (Int64(0), 0, 0)
        // The number of bytes of a line end and two dashes that the last bytes have.
        while offset < min(slice.size, searchLength), let block = try? slice.bytes(at: offset, count: 1 << 18),
            !block.isEmpty
        {
            offset += Int64(block.count)
            for byte in block {
                switch byte {
                case 0x0A, 0x0D: wanted = 1
                case 0x2D where wanted == 1: wanted = 2
                case 0x2D where wanted == 2:
                    count += 1
                    wanted = 0
                default: wanted = 0
                }
            }
            if count > mostBoundaries { return true }
        }
        return false
    }
}
