/// Reads numbers of some bits from a slice. The first bit of a byte is its highest one (bzip2, LHA, ARJ) or its lowest
/// one (Deflate).
struct BitReader {
    enum Order { case highestFirst, lowestFirst }

    private static let blockLength = 1 << 16

    private let slice: FileSlice
    private let order: Order
    private var block: [UInt8] = []
    private var index = 0
    /// The offset behind the block.
    private var blockEnd: Int64
    /// The next bits: at the top, the first one the highest, or at the bottom, the first one the lowest.
    private var bits: UInt64 = 0
    private var count = 0
    /// How many of the bits stand behind the slice's end.
    private var padding = 0

    init(_ slice: FileSlice, at offset: Int64 = 0, order: Order) {
        (self.slice, self.order, blockEnd) = (slice, order, offset)
    }

    /// The offset of the first byte of which no bit was taken.
    var position: Int64 { blockEnd - Int64(block.count - index) - Int64(max(0, count - padding) / 8) }

    private mutating func fill() throws(UnpackingError) {
        while count <= 56 {
            if index == block.count, blockEnd < slice.size {
                block = try slice.bytes(at: blockEnd, count: Self.blockLength)
                blockEnd += Int64(block.count)
                index = 0
            }
            var byte: UInt64 = 0
            if index < block.count {
                byte = UInt64(block[index])
                index += 1
            } else {
                padding += 8
            }
            bits |= order == .highestFirst ? byte << UInt64(56 - count) : byte << UInt64(count)
            count += 8
        }
    }

    /// Returns the next bits without taking them. Behind the end they are zero.
    mutating func peek(_ width: Int) throws(UnpackingError) -> UInt32 {
        if count < width { try fill() }
        return order == .highestFirst
            ? UInt32(truncatingIfNeeded: (bits >> 32) >> UInt64(32 - width))
            : UInt32(truncatingIfNeeded: bits & (1 << UInt64(width) - 1))
    }

    /// Takes bits that were seen.
    ///
    /// - Throws: `.truncated` behind the end.
    mutating func skip(_ width: Int) throws(UnpackingError) {
        guard count - width >= padding else { throw UnpackingError(.truncated, "packed data without an end") }
        if order == .highestFirst { bits <<= UInt64(width) } else { bits >>= UInt64(width) }
        count -= width
    }

    /// Takes a number of up to 32 bits.
    mutating func read(_ width: Int) throws(UnpackingError) -> Int {
        let value = try peek(width)
        try skip(width)
        return Int(value)
    }

    /// Takes the symbol of the code that comes next.
    mutating func symbol(of code: PrefixCode) throws(UnpackingError) -> Int {
        var next = try peek(PrefixCode.width)
        if order == .lowestFirst { next = Self.reversed(next) }
        guard let (symbol, length) = code.decode(next) else {
            throw count <= padding ? UnpackingError(.truncated, "packed data without an end") : PrefixCode.damaged
        }
        try skip(length)
        return symbol
    }

    /// Skips the rest of a byte.
    mutating func alignToByte() throws(UnpackingError) { try skip(count % 8) }

    private static func reversed(_ bits: UInt32) -> UInt32 {
        var value = bits
        value = value >> 1 & 0x5555_5555 | (value & 0x5555_5555) << 1
        value = value >> 2 & 0x3333_3333 | (value & 0x3333_3333) << 2
        value = value >> 4 & 0x0F0F_0F0F | (value & 0x0F0F_0F0F) << 4
        return value.byteSwapped >> UInt32(32 - PrefixCode.width)
    }
}
