/// A decoder of `compress` (POSIX.1-2024, "compress"; Deflate's predecessor, with codes of 9 to 16 bits) for data that
/// may begin anywhere. The format has neither a length nor a checksum: what decodes before damage is the content.
struct LZWStream {
    static let headLength = 3
    private static let firstWidth = 9
    private static let clear = 256
    private static let blockLength = 1 << 16

    private let longestWidth: Int
    /// Whether a code empties the table.
    private let hasClear: Bool
    private var prefixes = [UInt16](repeating: 0, count: 1 << 16)
    private var suffixes = [UInt8](repeating: 0, count: 1 << 16)
    private var free: Int
    private var width = Self.firstWidth
    private var last: Int?
    /// The first byte of the last string.
    private var firstByte: UInt8 = 0
    /// How many codes were decoded.
    private(set) var codes = 0

    /// - Parameter flags: the third byte of the stream.
    init(flags: UInt8) {
        longestWidth = Int(flags & 0x1F)
        hasClear = flags & 0x80 != 0
        free = hasClear ? Self.clear + 1 : Self.clear
    }

    /// Decodes to damage, or to the end of the input.
    ///
    /// - Parameters:
    ///   - start: the offset of the first code.
    ///   - write: takes the next output, and returns false to stop.
    /// - Returns: the offset behind the last code.
    mutating func run(
        _ layer: FileSlice, from start: Int64, writing write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> Int64 {
        var (output, text) = ([UInt8](), [UInt8]())
        var (offset, input): (Int64, [UInt8]) = (start, [])
        // In bits: the next code's place in the input, and that of the group of eight codes of one width.
        var (place, group) = (0, 0)
        while true {
            if place + longestWidth * 16 > input.count * 8 {
                // Groups have whole bytes.
                let taken = group >> 3
                offset += Int64(taken)
                (place, group) = (place - taken * 8, 0)
                input = try layer.bytes(at: offset, count: Self.blockLength)
            }
            guard place + width <= input.count * 8, let isCleared = take(Self.code(input, place, width), &text) else {
                if !output.isEmpty { _ = try write(output[...]) }
                return offset + Int64((place + 7) >> 3)
            }
            place += width
            output += text
            if output.count >= Self.blockLength {
                guard try write(output[...]) else { return offset + Int64((place + 7) >> 3) }
                output.removeAll(keepingCapacity: true)
            }
            let isWider = width < longestWidth && free > (1 << width) - 1
            guard isWider || isCleared else {
                if place - group >= width * 8 { group += width * 8 }
                continue
            }
            // The rest of the group is padding.
            group += (place - group + width * 8 - 1) / (width * 8) * width * 8
            place = group
            width = isCleared ? Self.firstWidth : width + 1
        }
    }

    private static func code(_ input: [UInt8], _ place: Int, _ width: Int) -> Int {
        var bits = 0
        for index in 0..<3 where place >> 3 + index < input.count {
            bits |= Int(input[place >> 3 + index]) << (8 * index)
        }
        return bits >> (place & 7) & (1 << width - 1)
    }

    /// Decodes one code to its string. Returns whether it emptied the table, or nil for a code that cannot stand here.
    private mutating func take(_ code: Int, _ text: inout [UInt8]) -> Bool? {
        text.removeAll(keepingCapacity: true)
        codes += 1
        if code == Self.clear, hasClear {
            (free, last) = (Self.clear + 1, nil)
            return true
        }
        guard let last else {
            guard code < Self.clear else { return nil }
            (self.last, firstByte) = (code, UInt8(code))
            text.append(firstByte)
            return false
        }
        guard code <= free, code < free || free < 1 << longestWidth else { return nil }
        var next = code
        // The string that this code completes.
        if code == free {
            text.append(firstByte)
            next = last
        }
        while next >= Self.clear {
            text.append(suffixes[next])
            next = Int(prefixes[next])
        }
        firstByte = UInt8(next)
        text.append(firstByte)
        text.reverse()
        if free < 1 << longestWidth {
            (prefixes[free], suffixes[free]) = (UInt16(last), firstByte)
            free += 1
        }
        self.last = code
        return false
    }
}
