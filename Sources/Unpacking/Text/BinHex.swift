/// A file in BinHex 4.0 (RFC 1741, appendix A): six-bit digits between colons, run lengths, then a header, the data
/// fork and the resource fork.
struct BinHexBlock: Sendable, Equatable {
    enum Fork: Sendable { case data, resource }

    static let mark = Array("(This file must be converted with BinHex".utf8)
    private static let digits =
        Array("!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
    private static let colon: UInt8 = 0x3A
    /// How far behind the mark the first colon may stand.
    private static let reach = 4096
    private static let maximumColons = 8

    /// From behind the first colon to the second one, or the layer's end.
    let range: Range<Int64>
    let name: [UInt8]
    /// In the decoded bytes.
    let data: Range<Int64>
    let resource: Range<Int64>

    /// Returns the block whose mark begins at `offset`, or nil if no header follows it: a text may be about BinHex.
    static func find(in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> BinHexBlock? {
        let head = try slice.bytes(at: offset + Int64(mark.count), count: reach)
        var start = 0
        for _ in 0..<maximumColons {
            guard let found = head[start...].firstIndex(of: colon) else { break }
            start = found + 1
            let first = offset + Int64(mark.count + start)
            if let block = try header(in: slice, from: first) { return block }
        }
        return nil
    }

    private static func header(in slice: FileSlice, from start: Int64) throws(UnpackingError) -> BinHexBlock? {
        var decoder = Decoder()
        let head = decoder.decode(try slice.bytes(at: start, count: 1024))
        guard let length = head.first, (1...63).contains(length), head.count >= Int(length) + 22 else { return nil }
        // Behind the name: a zero, type and creator, flags, the forks' lengths, a checksum.
        let fields = Array(head[(Int(length) + 1)...])
        func number(at index: Int) -> Int64 { fields[index..<index + 4].reduce(0) { $0 << 8 | Int64($1) } }
        let dataStart = Int64(length) + 22
        let dataEnd = dataStart + number(at: 11)
        let next = try slice.firstOffset(of: mark, in: start..<slice.size) ?? slice.size
        let end = try slice.firstOffset(of: [colon], in: start..<next) ?? next
        return BinHexBlock(
            range: start..<end, name: Array(head[1...Int(length)]), data: dataStart..<dataEnd,
            resource: dataEnd + 2..<dataEnd + 2 + number(at: 15))
    }

    /// Decodes one fork, as far as its digits go.
    func decode(_ slice: FileSlice, _ fork: Fork, to writer: inout ScratchWriter) throws(UnpackingError) {
        let wanted = fork == .data ? data : resource
        var decoder = Decoder()
        var (offset, position) = (range.lowerBound, Int64(0))
        while offset < range.upperBound, position < wanted.upperBound {
            let block = try slice.bytes(at: offset, count: Int(min(1 << 16, range.upperBound - offset)))
            guard !block.isEmpty else { break }
            offset += Int64(block.count)
            let bytes = decoder.decode(block)
            let part = wanted.clamped(to: position..<position + Int64(bytes.count))
            if !part.isEmpty {
                try writer.append(bytes[Int(part.lowerBound - position)..<Int(part.upperBound - position)])
            }
            position += Int64(bytes.count)
        }
    }

    /// Digits to bytes, then run lengths: `90 n` repeats the byte before it, `90 00` is `90`.
    private struct Decoder {
        private var (bits, bitCount): (UInt32, Int) = (0, 0)
        private var last: UInt8 = 0
        private var isRun = false
        private var isAtEnd = false

        mutating func decode(_ digits: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = []
            for digit in digits where !isAtEnd {
                if digit == BinHexBlock.colon { isAtEnd = true }
                let value = BinHexBlock.values[Int(digit)]
                guard value < 64 else { continue }
                bits = bits << 6 | UInt32(value)
                bitCount += 6
                guard bitCount >= 8 else { continue }
                bitCount -= 8
                expand(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)), to: &bytes)
            }
            return bytes
        }

        private mutating func expand(_ byte: UInt8, to bytes: inout [UInt8]) {
            if isRun {
                isRun = false
                if byte == 0 {
                    last = 0x90
                    bytes.append(last)
                } else {
                    bytes.append(contentsOf: repeatElement(last, count: Int(byte) - 1))
                }
            } else if byte == 0x90 {
                isRun = true
            } else {
                last = byte
                bytes.append(byte)
            }
        }
    }
}
