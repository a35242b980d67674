/// A block of LZFSE with a header of the second version (`bvx2`).
struct LZFSEBlock {
    private let input: [UInt8]
    private let literalPayload: Range<Int>
    private let matchPayload: Range<Int>
    private let literalCount: Int
    private let matchCount: Int
    private let literalBits: Int
    private let matchBits: Int
    private let literalStates: [Int]
    private let states: (length: Int, match: Int, distance: Int)
    private let frequencies: [Int]

    private static let fixedLength = 32
    private static let symbols = (length: 20, match: 20, distance: 64, literal: 256)

    /// - Parameter start: of the block's mark.
    init(_ input: [UInt8], at start: Int) throws(UnpackingError) {
        self.input = input
        guard start + Self.fixedLength <= input.count else { throw LZFSE.damaged }
        let fields = (0..<3).map { input.number(8, at: start + 8 + 8 * $0) }
        func field(_ number: Int, _ offset: UInt64, _ width: UInt64) -> Int {
            Int(fields[number] >> offset & (1 << width - 1))
        }
        literalCount = field(0, 0, 20)
        matchCount = field(0, 40, 20)
        literalBits = field(0, 60, 3) - 7
        literalStates = [0, 10, 20, 30].map { field(1, $0, 10) }
        matchBits = field(1, 60, 3) - 7
        states = (field(2, 32, 10), field(2, 42, 10), field(2, 52, 10))
        let headerEnd = start + field(2, 0, 32)
        let literalEnd = headerEnd + field(0, 20, 20)
        let matchEnd = literalEnd + field(1, 40, 20)
        guard headerEnd >= start + Self.fixedLength, matchEnd <= input.count, literalCount % 4 == 0 else {
            throw LZFSE.damaged
        }
        (literalPayload, matchPayload) = (headerEnd..<literalEnd, literalEnd..<matchEnd)
        frequencies = try Self.frequencies(input[start + Self.fixedLength..<headerEnd])
    }

    private static let codeLengths = [2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14]
    private static let codeValues = [
        0, 2, 1, 4, 0, 3, 1, 0, 0, 2, 1, 5, 0, 3, 1, 0, 0, 2, 1, 6, 0, 3, 1, 0, 0, 2, 1, 7, 0, 3, 1, 0,
    ]

    /// The frequencies of all symbols, in the order of the four alphabets. Each is a code of 2 to 14 bits, the lowest
    /// bit first.
    private static func frequencies(_ bytes: ArraySlice<UInt8>) throws(UnpackingError) -> [Int] {
        let count = symbols.length + symbols.match + symbols.distance + symbols.literal
        guard !bytes.isEmpty else { return Array(repeating: 0, count: count) }
        var frequencies: [Int] = []
        var (bits, width): (UInt32, Int) = (0, 0)
        var index = bytes.startIndex
        for _ in 0..<count {
            while width <= 16, index < bytes.endIndex {
                bits |= UInt32(bytes[index]) << UInt32(width)
                width += 8
                index += 1
            }
            let length = codeLengths[Int(bits & 15)]
            switch length {
            case 8: frequencies.append(8 + Int(bits >> 4 & 0xF))
            case 14: frequencies.append(24 + Int(bits >> 4 & 0x3FF))
            default: frequencies.append(codeValues[Int(bits & 31)])
            }
            guard length <= width else { throw LZFSE.damaged }
            bits >>= UInt32(length)
            width -= length
        }
        return frequencies
    }

    /// Appends the block's bytes, and returns the offset behind it.
    func decode(into output: inout [UInt8], until target: Int) throws(UnpackingError) -> Int {
        let (l, m, d) = (Self.symbols.length, Self.symbols.match, Self.symbols.distance)
        let lengths = try StateTable(frequencies[0..<l], states: 64, Self.lengthValues)
        let matches = try StateTable(frequencies[l..<l + m], states: 64, Self.matchValues)
        let distances = try StateTable(frequencies[l + m..<l + m + d], states: 256, Self.distanceValues)
        let literals = try literals(frequencies[(l + m + d)...])
        var (lengthState, matchState, distanceState) = states
        var reader = BackwardBits(input[matchPayload], spare: matchBits)
        var (used, distance) = (0, 0)
        for _ in 0..<matchCount {
            let literalRun = try lengths.value(&lengthState, &reader)
            let match = try matches.value(&matchState, &reader)
            let next = try distances.value(&distanceState, &reader)
            if next != 0 { distance = next }
            guard literalRun <= literals.count - used, output.count + literalRun <= target else { throw LZFSE.damaged }
            output += literals[used..<used + literalRun]
            used += literalRun
            if match > 0 { try output.appendMatch(match, distance: distance, until: target) }
        }
        return matchPayload.upperBound
    }

    private func literals(_ frequencies: ArraySlice<Int>) throws(UnpackingError) -> [UInt8] {
        guard literalCount > 0 else { return [] }
        let table = try StateTable(frequencies, states: 1024, (0..<256).map { (0, $0) })
        var reader = BackwardBits(input[literalPayload], spare: literalBits)
        var states = literalStates
        var literals: [UInt8] = []
        literals.reserveCapacity(literalCount)
        for index in 0..<literalCount {
            literals.append(UInt8(truncatingIfNeeded: try table.value(&states[index & 3], &reader)))
        }
        return literals
    }

    /// For each symbol, how many bits follow it, and what they are added to.
    private static let lengthValues = values((0..<16).map { _ in 0 } + [2, 3, 5, 8])
    private static let matchValues = values((0..<16).map { _ in 0 } + [3, 5, 8, 11])
    private static let distanceValues = values((0..<64).map { $0 / 4 })

    private static func values(_ bits: [Int]) -> [(bits: Int, base: Int)] {
        var base = 0
        return bits.map { count in
            defer { base += 1 << count }
            return (count, base)
        }
    }
}

/// Bits that are read from the end of some bytes to their start, the highest first.
private struct BackwardBits {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// - Parameter spare: how many bits of the last byte are not used, as a negative number.
    init(_ bytes: ArraySlice<UInt8>, spare: Int) {
        self.bytes = bytes
        position = bytes.count * 8 + spare
    }

    mutating func pull(_ count: Int) throws(UnpackingError) -> Int {
        guard count > 0 else { return 0 }
        guard position >= count else { throw LZFSE.damaged }
        position -= count
        let word = bytes.number(8, at: position / 8)
        return Int(word >> UInt64(position % 8) & (1 << UInt64(count) - 1))
    }
}

/// The decoding table of one alphabet: each state stands for a symbol, and for the bits that make the next state.
private struct StateTable {
    private struct Entry {
        let symbol: Int
        let bits: Int
        let delta: Int
    }

    private var entries: [Entry] = []
    private let values: [(bits: Int, base: Int)]

    init(_ frequencies: ArraySlice<Int>, states: Int, _ values: [(bits: Int, base: Int)]) throws(UnpackingError) {
        self.values = values
        guard frequencies.reduce(0, +) <= states else { throw LZFSE.damaged }
        for (symbol, frequency) in frequencies.enumerated() where frequency > 0 {
            let bits = frequency.leadingZeroBitCount - states.leadingZeroBitCount
            let first = (2 * states) >> bits - frequency
            for index in 0..<frequency {
                entries.append(
                    index < first
                        ? Entry(symbol: symbol, bits: bits, delta: (frequency + index) << bits - states)
                        : Entry(symbol: symbol, bits: bits - 1, delta: (index - first) << (bits - 1)))
            }
        }
    }

    /// Returns the value of the state's symbol, and advances the state.
    func value(_ state: inout Int, _ reader: inout BackwardBits) throws(UnpackingError) -> Int {
        guard entries.indices.contains(state) else { throw LZFSE.damaged }
        let entry = entries[state]
        state = entry.delta + (try reader.pull(entry.bits))
        let value = values[entry.symbol]
        return value.base + (try reader.pull(value.bits))
    }
}
