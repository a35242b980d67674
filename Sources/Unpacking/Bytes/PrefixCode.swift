/// A canonical prefix code (Huffman code): codes of one length are consecutive numbers in the order of their symbols,
/// and shorter codes come first. Deflate (RFC 1951, 3.2.2), bzip2, LHA and ARJ use it.
struct PrefixCode {
    /// The length of the longest code, in bits.
    static let width = 20

    private static let fastWidth = 10
    /// For the first bits of a code: its symbol and its length, or 0 if the code is longer.
    private var fast = [UInt32](repeating: 0, count: 1 << fastWidth)
    /// For each length, the first code that is longer, with its bits at the left of `width`.
    private var limits = [UInt32](repeating: 0, count: width + 1)
    /// For each length, what to add to a code to find its symbol.
    private var bases = [Int](repeating: 0, count: width + 1)
    private var symbols: [UInt16] = []

    /// - Parameter lengths: of each symbol's code in bits; 0 for a symbol that has none.
    /// - Throws: `.malformed` if the lengths belong to no prefix code. A code that leaves bits unused is accepted.
    init(lengths: some Collection<UInt8>) throws(UnpackingError) {
        var counts = [Int](repeating: 0, count: Self.width + 1)
        for length in lengths {
            guard length <= Self.width else { throw Self.damaged }
            counts[Int(length)] += 1
        }
        counts[0] = 0
        var (code, index) = (0, 0)
        var next = [Int](repeating: 0, count: Self.width + 1)
        for length in 1...Self.width {
            code <<= 1
            next[length] = index
            bases[length] = index - code
            code += counts[length]
            index += counts[length]
            guard code <= 1 << length else { throw Self.damaged }
            limits[length] = UInt32(code) << UInt32(Self.width - length)
        }
        symbols = [UInt16](repeating: 0, count: index)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let place = next[Int(length)]
            symbols[place] = UInt16(symbol)
            next[Int(length)] += 1
            if length <= Self.fastWidth { fill(place, length: Int(length), symbol: symbol) }
        }
    }

    static let damaged = UnpackingError(.malformed, "a damaged prefix code")

    private mutating func fill(_ place: Int, length: Int, symbol: Int) {
        let first = (place - bases[length]) << (Self.fastWidth - length)
        for entry in first..<first + 1 << (Self.fastWidth - length) { fast[entry] = UInt32(symbol << 5 | length) }
    }

    /// Returns the symbol of the code that begins with `bits`, and the code's length; nil if there is none.
    ///
    /// - Parameter bits: the next `width` bits, the first one the highest.
    func decode(_ bits: UInt32) -> (symbol: Int, length: Int)? {
        let entry = fast[Int(bits >> UInt32(Self.width - Self.fastWidth))]
        if entry != 0 { return (Int(entry >> 5), Int(entry & 31)) }
        for length in 1...Self.width where bits < limits[length] {
            return (Int(symbols[Int(bits >> UInt32(Self.width - length)) + bases[length]]), length)
        }
        return nil
    }
}
