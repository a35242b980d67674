/// bzip2 data in the variant of NSIS: no header, no checksums, and a byte before each block. A block has at most
/// 900,000 bytes before their last step.
struct NSISBunzip {
    static let blockMark = 0x31
    private static let endMark = 0x17
    private static let maximumLength = 900_000
    private static let groupLength = 50

    private(set) var input: BitReader
    private var hasEnded = false

    init(_ slice: FileSlice, at offset: Int64) { input = BitReader(slice, at: offset, order: .highestFirst) }

    /// Decodes the next block. No bytes are left at the stream's end.
    ///
    /// - Throws: `.malformed`, `.truncated`.
    mutating func next() throws(UnpackingError) -> [UInt8] {
        while !hasEnded {
            switch try input.read(8) {
            case Self.endMark: hasEnded = true
            case Self.blockMark:
                let origin = try input.read(24)
                let decoded = Self.expand(try Self.inverse(readBlock(), origin: origin))
                if !decoded.isEmpty { return decoded }
            default: throw Self.damaged
            }
        }
        return []
    }

    /// The bytes that occur, the codes, and the symbols of a block, undone up to the sorting.
    private mutating func readBlock() throws(UnpackingError) -> [UInt8] {
        let rows = try input.read(16)
        var bytes: [UInt8] = []
        for row in 0..<16 where rows & 0x8000 >> row != 0 {
            let columns = try input.read(16)
            for column in 0..<16 where columns & 0x8000 >> column != 0 { bytes.append(UInt8(row * 16 + column)) }
        }
        guard !bytes.isEmpty else { throw Self.damaged }
        let selectors = try readSelectors()
        let codes = try readCodes(selectors.count, alphabet: bytes.count + 2)
        return try readSymbols(selectors.order, codes, bytes)
    }

    private mutating func readSelectors() throws(UnpackingError) -> (count: Int, order: [Int]) {
        let (groups, count) = (try input.read(3), try input.read(15))
        guard (2...6).contains(groups), count > 0 else { throw Self.damaged }
        var recent = Array(0..<groups)
        var order: [Int] = []
        for _ in 0..<count {
            var place = 0
            while try input.read(1) == 1 {
                place += 1
                guard place < groups else { throw Self.damaged }
            }
            let group = recent.remove(at: place)
            recent.insert(group, at: 0)
            order.append(group)
        }
        return (groups, order)
    }

    private mutating func readCodes(_ groups: Int, alphabet: Int) throws(UnpackingError) -> [PrefixCode] {
        var codes: [PrefixCode] = []
        for _ in 0..<groups {
            var length = try input.read(5)
            var lengths: [UInt8] = []
            for _ in 0..<alphabet {
                while true {
                    guard (1...PrefixCode.width).contains(length) else { throw Self.damaged }
                    if try input.read(1) == 0 { break }
                    length += try input.read(1) == 0 ? 1 : -1
                }
                lengths.append(UInt8(length))
            }
            codes.append(try PrefixCode(lengths: lengths))
        }
        return codes
    }

    private mutating func readSymbols(
        _ order: [Int], _ codes: [PrefixCode], _ bytes: [UInt8]
    ) throws(UnpackingError) -> [UInt8] {
        var recent = bytes
        var block: [UInt8] = []
        // A run of the first byte: its length is a number of digits 1 and 2.
        var (run, weight) = (0, 1)
        for group in order {
            for _ in 0..<Self.groupLength {
                let symbol = try input.symbol(of: codes[group])
                if symbol < 2 {
                    run += weight << symbol
                    weight <<= 1
                    guard run <= Self.maximumLength else { throw Self.damaged }
                    continue
                }
                guard block.count + run <= Self.maximumLength else { throw Self.damaged }
                block.append(contentsOf: repeatElement(recent[0], count: run))
                (run, weight) = (0, 1)
                guard symbol <= bytes.count else { return block }
                let byte = recent.remove(at: symbol - 1)
                recent.insert(byte, at: 0)
                block.append(byte)
            }
        }
        throw Self.damaged
    }

    /// Undoes the sorting of Burrows and Wheeler.
    private static func inverse(_ sorted: [UInt8], origin: Int) throws(UnpackingError) -> [UInt8] {
        guard origin < sorted.count, sorted.count <= maximumLength else { throw damaged }
        var starts = [Int](repeating: 0, count: 257)
        for byte in sorted { starts[Int(byte) + 1] += 1 }
        for byte in 1...256 { starts[byte] += starts[byte - 1] }
        var next = [UInt32](repeating: 0, count: sorted.count)
        for (place, byte) in sorted.enumerated() {
            next[starts[Int(byte)]] = UInt32(place)
            starts[Int(byte)] += 1
        }
        var place = Int(next[origin])
        return sorted.indices.map { _ in
            defer { place = Int(next[place]) }
            return sorted[place]
        }
    }

    /// Undoes the first step: behind four equal bytes stands how often the byte is repeated.
    private static func expand(_ packed: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(packed.count)
        var (equal, last): (Int, UInt8?) = (0, nil)
        for byte in packed {
            if equal == 4, let last {
                bytes.append(contentsOf: repeatElement(last, count: Int(byte)))
                equal = 0
                continue
            }
            equal = equal > 0 && byte == last ? equal + 1 : 1
            last = byte
            bytes.append(byte)
        }
        return bytes
    }

    private static let damaged = UnpackingError(.malformed, "damaged bzip2 data")
}
