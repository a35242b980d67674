/// The decoder of packed members. Methods 1 to 3 have codes of lengths and distances in blocks, as LHA has; method
/// 4 has fixed codes.
struct ARJDecoder {
    private static let window = 26_624
    private static let chunk = 1 << 16
    private static let shortestCopy = 3
    private static let literals = 256
    /// The symbols of the three codes, and the bits of their numbers.
    private static let (symbols, symbolBits) = (510, 9)
    private static let (distances, distanceBits) = (17, 5)
    private static let (lengths, lengthBits) = (19, 5)

    private(set) var input: BitReader
    private let isFixed: Bool
    private let size: Int64
    private var made: Int64 = 0
    /// Decoded bytes; the last ones may be referred to.
    private var output: [UInt8] = []
    private var blockLeft = 0
    private var codes: (symbols: LHACode, distances: LHACode)?

    /// - Parameters:
    ///   - slice: the packed bytes.
    ///   - method: from 1 to 4.
    ///   - size: of the unpacked bytes.
    init(_ slice: FileSlice, method: UInt8, size: Int64) {
        input = BitReader(slice, order: .highestFirst)
        (isFixed, self.size) = (method == 4, size)
    }

    /// Decodes some more bytes. None are left behind the last one.
    ///
    /// - Throws: `.malformed`, `.truncated`.
    mutating func next() throws(UnpackingError) -> ArraySlice<UInt8> {
        if output.count > Self.window { output.removeFirst(output.count - Self.window) }
        let start = output.count
        while output.count < start + Self.chunk, made < size {
            if isFixed { try decodeFixed() } else { try decodeSymbol() }
        }
        return output[start...]
    }

    private mutating func decodeSymbol() throws(UnpackingError) {
        if blockLeft == 0 { try readBlock() }
        guard let codes else { throw Self.damaged }
        blockLeft -= 1
        let symbol = try input.symbol(of: codes.symbols)
        guard symbol >= Self.literals else { return put(UInt8(symbol)) }
        let slot = try input.symbol(of: codes.distances)
        let distance = try slot < 2 ? slot : 1 << (slot - 1) + input.read(slot - 1)
        try copy(symbol - Self.literals + Self.shortestCopy, from: distance + 1)
    }

    private mutating func decodeFixed() throws(UnpackingError) {
        let length = try readFixed(0..<7)
        guard length > 0 else { return put(UInt8(try input.read(8))) }
        try copy(length - 1 + Self.shortestCopy, from: readFixed(9..<13) + 1)
    }

    /// A number whose width grows with each bit that is set before it.
    private mutating func readFixed(_ widths: Range<Int>) throws(UnpackingError) -> Int {
        var (width, base) = (widths.lowerBound, 0)
        while width < widths.upperBound, try input.read(1) == 1 {
            base += 1 << width
            width += 1
        }
        return try base + input.read(width)
    }

    private mutating func put(_ byte: UInt8) {
        output.append(byte)
        made += 1
    }

    private mutating func copy(_ length: Int, from distance: Int) throws(UnpackingError) {
        guard distance <= min(output.count, Self.window) else { throw Self.damaged }
        let count = min(Int64(length), size - made)
        for _ in 0..<count { output.append(output[output.count - distance]) }
        made += count
    }

    private mutating func readBlock() throws(UnpackingError) {
        blockLeft = try input.read(16)
        guard blockLeft > 0 else { throw Self.damaged }
        let lengths = try LHACode(&input, count: Self.lengths, bits: Self.lengthBits, gap: 3)
        let symbols = try LHACode(&input, count: Self.symbols, bits: Self.symbolBits, lengths: lengths)
        codes = (symbols, try LHACode(&input, count: Self.distances, bits: Self.distanceBits, gap: nil))
    }

    private static let damaged = UnpackingError(.malformed, "damaged ARJ data")
}

/// A code as LHA and ARJ write it. One of a single symbol takes no bits.
enum LHACode {
    case only(Int)
    case several(PrefixCode)

    /// Reads a code whose lengths stand for themselves.
    ///
    /// - Parameters:
    ///   - count: the most symbols.
    ///   - bits: of a symbol's number.
    ///   - gap: the symbol before which a number of symbols without a code is left out.
    init(_ input: inout BitReader, count: Int, bits: Int, gap: Int?) throws(UnpackingError) {
        self = try Self.read(&input, count, bits) { input, lengths throws(UnpackingError) in
            var length = try input.read(3)
            if length == 7 {
                while try input.read(1) == 1 { length += 1 }
            }
            guard length <= PrefixCode.width else { throw PrefixCode.damaged }
            lengths.append(UInt8(length))
            if lengths.count == gap { lengths += try [UInt8](repeating: 0, count: input.read(2)) }
        }
    }

    /// Reads a code whose lengths are symbols of another one.
    init(_ input: inout BitReader, count: Int, bits: Int, lengths code: LHACode) throws(UnpackingError) {
        self = try Self.read(&input, count, bits) { input, lengths throws(UnpackingError) in
            switch try input.symbol(of: code) {
            case 0: lengths.append(0)
            case 1: lengths += try [UInt8](repeating: 0, count: 3 + input.read(4))
            case 2: lengths += try [UInt8](repeating: 0, count: 20 + input.read(9))
            case let symbol: lengths.append(UInt8(clamping: symbol - 2))
            }
        }
    }

    /// - Parameter next: adds the next length, or several.
    private static func read(
        _ input: inout BitReader, _ count: Int, _ bits: Int,
        _ next: (inout BitReader, inout [UInt8]) throws(UnpackingError) -> Void
    ) throws(UnpackingError) -> LHACode {
        let used = try input.read(bits)
        guard used > 0 else { return .only(try input.read(bits)) }
        guard used <= count else { throw PrefixCode.damaged }
        var lengths: [UInt8] = []
        while lengths.count < used { try next(&input, &lengths) }
        guard lengths.count <= count else { throw PrefixCode.damaged }
        return .several(try PrefixCode(lengths: lengths))
    }
}

extension BitReader {
    mutating func symbol(of code: LHACode) throws(UnpackingError) -> Int {
        switch code {
        case .only(let symbol): symbol
        case .several(let code): try symbol(of: code)
        }
    }
}
