/// The first header of an installer made by NSIS, behind its program.
struct NSISHeader {
    static let mark: [UInt8] = [0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
    static let markOffset = 4
    static let length = 28
    private static let hasNoSum: UInt64 = 4

    /// Bytes from the header's start to the end of the packed data, as the header declares them.
    let size: Int64
    /// Bytes of the unpacked script.
    let scriptLength: UInt64
    /// Whether a checksum of four bytes ends the data.
    let hasSum: Bool

    /// Returns nil for what is no header.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length, bytes[Self.markOffset...].starts(with: Self.mark),
            bytes.number(4, at: 0) < 32
        else { return nil }
        let (script, size) = (bytes.number(4, at: 20), bytes.number(4, at: 24))
        guard script > 0, size > UInt64(Self.length) else { return nil }
        (self.size, scriptLength) = (Int64(size), script)
        hasSum = bytes.number(4, at: 0) & Self.hasNoSum == 0
    }
}
