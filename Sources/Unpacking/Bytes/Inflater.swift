/// Decodes the variants of Deflate (RFC 1951) that zlib does not.
struct Inflater {
    enum Variant {
        /// Of older versions of NSIS, in which the length of a stored block is not repeated, or Deflate itself. A
        /// stream has blocks of one kind; which, its first stored block shows.
        case nsis
        /// Deflate64, method 9 of ZIP: distances up to 64 KiB, and code 285 has 16 bits for a length from 3 on. Source:
        /// APPNOTE.TXT 6.3.10, 4.4.5, and what 7-Zip writes.
        case deflate64
    }

    private static let chunk = 1 << 16
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private let variant: Variant
    private(set) var input: BitReader
    /// Decoded bytes; the last ones may be referred to.
    private var window: [UInt8] = []
    private var state = State.header
    private var isLast = false
    /// Whether stored blocks repeat their length. Nil before the first one.
    private var repeatsLength: Bool?
    private var codes: (literals: PrefixCode, distances: PrefixCode)?

    private enum State {
        case header, codes, ended
        case stored(Int)
    }

    /// - Parameter slice: begins with the stream.
    init(_ slice: FileSlice, _ variant: Variant) {
        self.variant = variant
        input = BitReader(slice, order: .lowestFirst)
        repeatsLength = variant == .nsis ? nil : true
    }

    /// How far back a distance can lead.
    private var history: Int { variant == .deflate64 ? 1 << 16 : 1 << 15 }

    /// Decodes some more bytes. None are left at the stream's end.
    ///
    /// - Throws: `.malformed`, `.truncated`.
    mutating func next() throws(UnpackingError) -> [UInt8] {
        if window.count > history { window.removeFirst(window.count - history) }
        let start = window.count
        while window.count < start + Self.chunk {
            switch state {
            case .ended: return Array(window[start...])
            case .header: try readHeader()
            case .stored(let left): try copyStored(left, upTo: start + Self.chunk)
            case .codes: try decodeSymbols(upTo: start + Self.chunk)
            }
        }
        return Array(window[start...])
    }

    private mutating func readHeader() throws(UnpackingError) {
        guard !isLast else { return state = .ended }
        isLast = try input.read(1) == 1
        switch try input.read(2) {
        case 0:
            try input.alignToByte()
            let length = try input.read(16)
            let isRepeated = try length == Int(~input.peek(16) & 0xFFFF)
            guard repeatsLength != true || isRepeated else { throw Self.damaged }
            repeatsLength = repeatsLength ?? isRepeated
            if repeatsLength == true { try input.skip(16) }
            state = .stored(length)
        case 1:
            codes = Self.fixedCodes
            state = .codes
        case 2:
            codes = try readCodes()
            state = .codes
        default: throw Self.damaged
        }
    }

    private mutating func copyStored(_ left: Int, upTo limit: Int) throws(UnpackingError) {
        var left = left
        while left > 0, window.count < limit {
            window.append(UInt8(try input.read(8)))
            left -= 1
        }
        state = left > 0 ? .stored(left) : .header
    }

    private mutating func decodeSymbols(upTo limit: Int) throws(UnpackingError) {
        guard let codes else { throw Self.damaged }
        while window.count < limit {
            let symbol = try input.symbol(of: codes.literals)
            if symbol < 256 {
                window.append(UInt8(symbol))
                continue
            }
            guard symbol > 256 else { return state = .header }
            let index = symbol - 257
            guard index < Self.lengthBases.count else { throw Self.damaged }
            let isLong = variant == .deflate64 && index == Self.lengthBases.count - 1
            let length = try isLong ? 3 + input.read(16) : Self.lengthBases[index] + input.read(Self.lengthBits[index])
            let slot = try input.symbol(of: codes.distances)
            guard slot < (variant == .deflate64 ? 32 : 30) else { throw Self.damaged }
            let extra = slot < 4 ? 0 : slot / 2 - 1
            let distance = try slot < 4 ? slot + 1 : (2 + slot % 2) << extra + 1 + input.read(extra)
            guard distance <= window.count else { throw Self.damaged }
            for _ in 0..<length { window.append(window[window.count - distance]) }
        }
    }

    private mutating func readCodes() throws(UnpackingError) -> (PrefixCode, PrefixCode) {
        let literals = try input.read(5) + 257
        let distances = try input.read(5) + 1
        let count = try input.read(4) + 4
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in Self.lengthOrder.prefix(count) { lengths[place] = UInt8(try input.read(3)) }
        let code = try PrefixCode(lengths: lengths)
        lengths = []
        while lengths.count < literals + distances {
            let symbol = try input.symbol(of: code)
            switch symbol {
            case 0..<16: lengths.append(UInt8(symbol))
            case 16:
                guard let last = lengths.last else { throw Self.damaged }
                lengths += try [UInt8](repeating: last, count: 3 + input.read(2))
            case 17: lengths += try [UInt8](repeating: 0, count: 3 + input.read(3))
            default: lengths += try [UInt8](repeating: 0, count: 11 + input.read(7))
            }
        }
        guard lengths.count == literals + distances else { throw Self.damaged }
        return try (PrefixCode(lengths: lengths[..<literals]), PrefixCode(lengths: lengths[literals...]))
    }

    /// Of RFC 1951, section 3.2.6. Made once: a block may have ten bits.
    private static let fixedCodes: (literals: PrefixCode, distances: PrefixCode)? = {
        let literals =
            [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8)
        return try? (
            literals: PrefixCode(lengths: literals), distances: PrefixCode(lengths: [UInt8](repeating: 5, count: 32))
        )
    }()

    private static let damaged = UnpackingError(.malformed, "damaged Deflate data")
}
