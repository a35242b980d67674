/// Quoted-printable (RFC 2045, section 6.7) as lenient readers decode it: an `=` that begins no code stands for itself.
enum QuotedPrintable {
    static func decode(
        _ slice: FileSlice, in range: Range<Int64>, to writer: inout ScratchWriter
    ) throws(UnpackingError) {
        var lines = TextLines(slice, in: range)
        // A code may be split between two pieces of a long line.
        var rest: [UInt8] = []
        while let line = try lines.next() {
            var bytes = rest + line.bytes
            rest = []
            let isEnd = line.next > line.contentEnd
            if !isEnd, let escape = bytes.suffix(2).firstIndex(of: 0x3D), line.next < range.upperBound {
                rest = Array(bytes[escape...])
                bytes.removeLast(bytes.count - escape)
            }
            if isEnd { while let last = bytes.last, last == 0x20 || last == 9 { bytes.removeLast() } }
            let isSoft = isEnd && bytes.last == 0x3D
            if isSoft { bytes.removeLast() }
            try writer.append(decode(bytes))
            if isEnd, !isSoft { try writer.append(slice.lineEnd(of: line)) }
        }
        try writer.append(rest)
    }

    /// Whether all readers decode a stretch alike: each `=` begins a code in capitals, or ends a line, and no line ends
    /// with a blank.
    static func isRegular(_ slice: FileSlice, in range: Range<Int64>) throws(UnpackingError) -> Bool {
        var lines = TextLines(slice, in: range)
        while let line = try lines.next() {
            guard line.isStart, line.bytes.count < TextLines.longestPiece else { return false }
            if line.bytes.last == 0x20 || line.bytes.last == 9 { return false }
            var index = 0
            while let escape = line.bytes[index...].firstIndex(of: 0x3D) {
                index = escape + 1
                if index == line.bytes.count { break }
                let digits = line.bytes[index...].prefix(2)
                guard digits.count == 2, digits.allSatisfy({ $0.hexadecimalValue != nil && $0 < 0x61 }) else {
                    return false
                }
            }
        }
        return true
    }

    private static func decode(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x3D) else { return bytes }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x3D, index + 2 < bytes.count, let high = bytes[index + 1].hexadecimalValue,
                let low = bytes[index + 2].hexadecimalValue
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }
}
