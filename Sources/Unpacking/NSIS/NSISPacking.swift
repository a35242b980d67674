/// How the data of an NSIS installer are packed, as its first bytes show.
struct NSISPacking: Equatable {
    enum Method: Equatable { case stored, deflate, bzip2, lzma }

    let method: Method
    /// Whether one stream holds everything. Otherwise each block is packed for itself.
    let isSolid: Bool
    /// Whether a byte before each LZMA stream says if the addresses of x86 code in it were changed.
    var hasFilterByte = false

    /// For a block that is not packed.
    static let stored = NSISPacking(.stored, isSolid: false)

    /// How many bytes the decision takes.
    static let length = 12

    /// - Parameters:
    ///   - data: the bytes behind the first header.
    ///   - headerLength: of the unpacked header, as the first header declares it.
    init(_ data: [UInt8], headerLength: UInt64) {
        if data.number(4, at: 0) == headerLength {
            self.init(.stored, isSolid: false)
        } else if let hasFilterByte = Self.lzma(data[...]) {
            self.init(.lzma, isSolid: true, hasFilterByte: hasFilterByte)
        } else if data.count > 4, data[3] == 0x80 {
            if let hasFilterByte = Self.lzma(data[4...]) {
                self.init(.lzma, isSolid: false, hasFilterByte: hasFilterByte)
            } else {
                self.init(Self.isBzip2(data[4...]) ? .bzip2 : .deflate, isSolid: false)
            }
        } else {
            self.init(Self.isBzip2(data[...]) ? .bzip2 : .deflate, isSolid: true)
        }
    }

    private init(_ method: Method, isSolid: Bool, hasFilterByte: Bool = false) {
        (self.method, self.isSolid, self.hasFilterByte) = (method, isSolid, hasFilterByte)
    }

    /// Whether a stream begins with a byte for the filter. Nil if it is no stream of LZMA.
    private static func lzma(_ data: ArraySlice<UInt8>) -> Bool? {
        if hasProperties(data) { return false }
        return data.first.map { $0 <= 1 } == true && hasProperties(data.dropFirst()) ? true : nil
    }

    /// The usual properties, a dictionary of at least 64 KiB, and the first bytes of a range coder.
    private static func hasProperties(_ data: ArraySlice<UInt8>) -> Bool {
        data.number(4, at: 0) & 0xFF_FFFF == 0x5D && data.number(1, at: 5) == 0 && data.number(1, at: 6) < 0x80
    }

    /// The mark of a block and the highest byte of its origin.
    private static func isBzip2(_ data: ArraySlice<UInt8>) -> Bool {
        data.number(1, at: 0) == UInt64(NSISBunzip.blockMark) && data.number(1, at: 1) < 14
    }
}
