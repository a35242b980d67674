/// Where a text holds files that are encoded as text: uuencode and xxencode, yEnc, BinHex, Base64. Readers such as
/// uudeview find them at any line, with quotes and blanks before it.
struct EncodedText {
    /// What a block of lines is encoded in.
    enum Mark: Sendable, Equatable {
        /// Offsets of the line that begins the block.
        case uuencode(Int64)
        case yEnc(Int64)
        case binHex(Int64)
        case base64(Range<Int64>)
        /// A binary value in a calendar, an address card or LDIF (`EncodedProperties`).
        case property(Range<Int64>)

        var offset: Int64 {
            switch self {
            case .uuencode(let offset), .yEnc(let offset), .binHex(let offset): offset
            case .base64(let range), .property(let range): range.lowerBound
            }
        }

        var form: ContainerForm {
            switch self {
            case .uuencode: .uuencode
            case .yEnc: .yEnc
            case .binHex: .binHex
            case .base64, .property: .base64
            }
        }
    }

    /// The most marks of one text.
    static let maximumMarks = 20_000
    private static let blockLength = 1 << 20

    /// In the order of their offsets.
    private(set) var marks: [Mark] = []
    /// Whether there are more.
    private(set) var isCut = false
    /// Where the fields of the first part of a letter begin that names its encoding.
    private(set) var firstEncodedPart: Int64?

    /// - Parameters:
    ///   - range: the part of the layer that is searched.
    ///   - isText: whether Base64 without a mark of its own is looked for, too.
    init(_ slice: FileSlice, in range: Range<Int64>, isText: Bool) throws(UnpackingError) {
        let range = range.clamped(to: 0..<slice.size)
        if isText {
            for value in try EncodedProperties.values(in: slice, range, atMost: Self.maximumMarks + 1) {
                add(.property(value))
            }
        }
        try findLines(in: slice, range, isText: isText)
        try findBinHex(in: slice, range)
        marks.sort { $0.offset < $1.offset }
    }

    private mutating func add(_ mark: Mark) {
        if marks.count < Self.maximumMarks { marks.append(mark) } else { isCut = true }
    }

    private mutating func findBinHex(in slice: FileSlice, _ range: Range<Int64>) throws(UnpackingError) {
        var offset = range.lowerBound
        while !isCut, let found = try slice.firstOffset(of: BinHexBlock.mark, in: offset..<range.upperBound) {
            if try BinHexBlock.find(in: slice, at: found) != nil { add(.binHex(found)) }
            offset = found + Int64(BinHexBlock.mark.count)
        }
    }

    private mutating func findLines(
        in slice: FileSlice, _ range: Range<Int64>, isText: Bool
    ) throws(UnpackingError) {
        var search = LineSearch(at: range.lowerBound, isText: isText)
        var offset = range.lowerBound
        while offset < range.upperBound, !isCut {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(Self.blockLength), range.upperBound - offset)))
            guard !block.isEmpty else { break }
            search.go(through: block)
            offset += Int64(block.count)
            try take(&search, in: slice)
        }
        search.end(at: offset)
        try take(&search, in: slice)
    }

    private mutating func take(_ search: inout LineSearch, in slice: FileSlice) throws(UnpackingError) {
        for block in search.blocks { add(.base64(block)) }
        for candidate in search.candidates {
            switch candidate.kind {
            case .uuencode:
                if try UUBlock.find(in: slice, at: candidate.offset) != nil { add(.uuencode(candidate.offset)) }
            case .yEnc:
                if try YEncBlock.isHead(slice, at: candidate.offset) { add(.yEnc(candidate.offset)) }
            case .mailField:
                if firstEncodedPart == nil {
                    firstEncodedPart = try MailHead.partStart(in: slice, at: candidate.offset)
                }
            }
        }
        (search.blocks, search.candidates) = ([], [])
    }
}
