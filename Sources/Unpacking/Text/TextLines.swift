/// One line of a text, or a piece of a long one.
struct TextLine {
    /// The offset of its first byte.
    let start: Int64
    /// The offset of the next line's first byte.
    let next: Int64
    /// Without the line's end, at most `TextLines.longestPiece` bytes.
    let bytes: [UInt8]
    /// Whether it begins a line, and is not the rest of a long one.
    let isStart: Bool

    /// The offset behind its bytes: of its LF, CR or CRLF, if it is not a piece of a long line.
    var contentEnd: Int64 { start + Int64(bytes.count) }

    /// Whether it has nothing but blanks.
    var isBlank: Bool { isStart && bytes.allSatisfy { $0 == 0x20 || $0 == 9 } }

    func has(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }

    /// Whether it begins with `prefix`, which is in lower case, whatever its own case.
    func hasAnyCase(_ prefix: String) -> Bool {
        bytes.count >= prefix.utf8.count && zip(bytes, prefix.utf8).allSatisfy { $0.lowercase == $1 }
    }
}

extension FileSlice {
    /// Returns the LF, CR or CRLF behind a line of the slice, or nothing.
    func lineEnd(of line: TextLine) throws(UnpackingError) -> [UInt8] {
        try bytes(at: line.contentEnd, count: Int(line.next - line.contentEnd))
    }
}

extension UInt8 {
    /// The letters A to Z in lower case, other bytes as they are.
    @inlinable package var lowercase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// The value of a hexadecimal digit of any case, or nil.
    @inlinable package var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

/// The lines of a stretch of a layer. A line ends with LF, CR or CRLF.
struct TextLines {
    static let longestPiece = 4096
    private static let blockLength = 64 << 10

    private let slice: FileSlice
    private let end: Int64
    private var block: [UInt8] = []
    private var blockStart: Int64
    private var index = 0
    private var isAtStart = true

    init(_ slice: FileSlice, in range: Range<Int64>) {
        self.slice = slice
        blockStart = range.lowerBound
        end = min(range.upperBound, slice.size)
    }

    /// Returns the next line, or nil at the end.
    mutating func next() throws(UnpackingError) -> TextLine? {
        if block.count - index < Self.longestPiece + 2, blockStart + Int64(block.count) < end {
            blockStart += Int64(index)
            index = 0
            block = try slice.bytes(at: blockStart, count: Int(min(Int64(Self.blockLength), end - blockStart)))
        }
        guard index < block.count else { return nil }
        let first = index
        let window = min(block.count, first + Self.longestPiece)
        let stop = unsafe block.withUnsafeBufferPointer { bytes in
            var stop = first
            while stop < window, unsafe bytes[stop] != 0x0A, unsafe bytes[stop] != 0x0D { stop += 1 }
            return stop
        }
        index = stop
        let isStart = isAtStart
        isAtStart = stop < block.count && (block[stop] == 0x0A || block[stop] == 0x0D)
        if isAtStart {
            index += block[stop] == 0x0D && stop + 1 < block.count && block[stop + 1] == 0x0A ? 2 : 1
        }
        return TextLine(
            start: blockStart + Int64(first), next: blockStart + Int64(index), bytes: Array(block[first..<stop]),
            isStart: isStart)
    }

    /// Continues with the line that begins at an offset of the slice.
    mutating func skip(to offset: Int64) {
        let distance = offset - blockStart
        if (0...Int64(block.count)).contains(distance) {
            index = Int(distance)
        } else {
            (block, blockStart, index) = ([], offset, 0)
        }
        isAtStart = true
    }
}
