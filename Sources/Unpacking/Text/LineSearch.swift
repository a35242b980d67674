import Glibc

/// One pass over a text, byte by byte: lines that may begin an encoded file, and blocks of lines that are Base64 and
/// nothing else.
struct LineSearch {
    struct Candidate {
        enum Kind {
            /// `begin`
            case uuencode
            /// `=ybegin`
            case yEnc
            /// `Content-`
            case mailField
        }

        let offset: Int64
        let kind: Kind
    }

    /// The fewest digits of a block that is taken for Base64.
    private static let fewestDigits: Int64 = 48
    /// Shorter lines are words, unless many of them have the same length.
    private static let shortestLine: Int64 = 20
    private static let fewestEqualLines = 8
    private static let longestTail = 64 << 20
    /// What programs and formats write behind an encoded text, in the same line as its end.
    private static let closings = Set("\"'`)]}<|;,\\".utf8)
    /// The most bytes before a line that mail programs put there.
    private static let longestQuote: Int64 = 32

    /// What was found and not yet taken.
    var candidates: [Candidate] = []
    var blocks: [Range<Int64>] = []

    private let isText: Bool
    private var offset: Int64
    private var line = Line()
    private var block: Block?
    /// The offset of the last CR.
    private var lastReturn: Int64 = -2

    private enum Phase { case quote, digits, padding, other }

    private struct Line {
        var start: Int64 = 0
        var phase = Phase.quote
        var contentStart: Int64 = 0
        var digits: Int64 = 0
        var hasUpper = false
        var hasLower = false
        var hasNumber = false
        /// The last bytes of a word that may be a mark.
        var word: UInt64 = 0
        var wordLength = 0
        /// Where a closing character follows its digits.
        var closing: Int64?
        /// Digits at its end, behind something else: a key, a quotation mark, bytes of a program.
        var tail: Block?
    }

    private struct Block {
        var range: Range<Int64>
        let firstLength: Int64
        var digits: Int64
        var lines = 1
        var hasUpper: Bool
        var hasLower: Bool
        var hasNumber: Bool
        var lastLength: Int64
        /// Whether a line before the last one has another length than the first one.
        var isUneven = false
    }

    init(at offset: Int64, isText: Bool) {
        self.offset = offset
        self.isText = isText
        line.start = offset
    }

    mutating func go(through bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var (index, nextFeed) = (0, -1)
            line.tail = nil
            while index < bytes.count {
                if line.phase == .other, line.wordLength == 0 || line.wordLength > 7 {
                    // The rest of the line decides nothing.
                    if nextFeed < index { nextFeed = unsafe Self.index(of: 0x0A, in: bytes, index..<bytes.count) }
                    index = unsafe Self.index(of: 0x0D, in: bytes, index..<nextFeed)
                    line.tail = unsafe tail(of: bytes, before: index)
                    guard index < bytes.count else { break }
                }
                unsafe take(bytes[index], at: offset + Int64(index))
                index += 1
            }
            offset += Int64(bytes.count)
        }
    }

    /// Returns the end of the range if the byte is not in it.
    private static func index(of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        guard let start = bytes.baseAddress, !range.isEmpty,
            let found = unsafe memchr(start + range.lowerBound, CInt(byte), range.count)
        else { return range.upperBound }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(start)
    }

    /// The digits at the end of a line of which the first bytes are none, as far as they are in the block. Padding may
    /// follow them.
    private func tail(of bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Block? {
        guard isText else { return nil }
        var last = end
        while last > 0, end - last < 3, unsafe bytes[last - 1] == 0x3D { last -= 1 }
        var first = last
        var (hasUpper, hasLower, hasNumber) = (false, false, false)
        while first > 0, last - first < Self.longestTail, unsafe Base64.values[Int(bytes[first - 1])] < 64 {
            first -= 1
            if unsafe (0x41...0x5A).contains(bytes[first]) { hasUpper = true }
            if unsafe (0x61...0x7A).contains(bytes[first]) { hasLower = true }
            if unsafe (0x30...0x39).contains(bytes[first]) { hasNumber = true }
        }
        let digits = Int64(last - first)
        guard digits >= Self.fewestDigits else { return nil }
        return Block(
            range: offset + Int64(first)..<offset + Int64(end), firstLength: digits, digits: digits, hasUpper: hasUpper,
            hasLower: hasLower, hasNumber: hasNumber, lastLength: digits)
    }

    mutating func end(at offset: Int64) {
        endLine(at: offset)
        endBlock()
    }

    private mutating func take(_ byte: UInt8, at position: Int64) {
        if byte == 0x0A || byte == 0x0D {
            // The second half of a CRLF ends no line.
            if byte == 0x0D || lastReturn != position - 1 { endLine(at: position) }
            if byte == 0x0D { lastReturn = position }
            line = Line()
            line.start = position + 1
            return
        }
        if line.wordLength > 0, line.wordLength <= 7 {
            line.word = line.word << 8 | UInt64(byte)
            line.wordLength += 1
            if line.wordLength == 6 { takeWord() }
        }
        switch line.phase {
        case .quote:
            if UUBlock.isQuote(byte), position - line.start < Self.longestQuote { return }
            line.contentStart = position
            line.word = UInt64(byte)
            line.wordLength = [0x62, 0x63, 0x3D].contains(byte.lowercase) ? 1 : 8
            line.phase = .digits
            takeDigit(byte, at: position)
        case .digits: takeDigit(byte, at: position)
        case .padding: if byte != 0x3D && byte != 0x20 && byte != 9 { endDigits(before: byte, at: position) }
        case .other: break
        }
    }

    private mutating func endDigits(before byte: UInt8, at position: Int64) {
        line.phase = .other
        if Self.closings.contains(byte) { line.closing = position }
    }

    private mutating func takeDigit(_ byte: UInt8, at position: Int64) {
        if isText, Base64.values[Int(byte)] < 64 {
            line.digits += 1
            if (0x41...0x5A).contains(byte) { line.hasUpper = true }
            if (0x61...0x7A).contains(byte) { line.hasLower = true }
            if (0x30...0x39).contains(byte) { line.hasNumber = true }
        } else if line.digits > 0, byte == 0x3D || byte == 0x20 || byte == 9 {
            line.phase = .padding
        } else {
            endDigits(before: byte, at: position)
        }
    }

    /// The first six bytes of a line: `begin ` or `begin-`, `=ybegi`, or `conten`.
    private mutating func takeWord() {
        let text = line.word
        line.wordLength = 8
        let word = (0..<6).reduce(UInt64(0)) { result, index in
            result << 8 | UInt64(UInt8(truncatingIfNeeded: text >> UInt64(40 - 8 * index)).lowercase)
        }
        if word == 0x6265_6769_6E20 || word == 0x6265_6769_6E2D || word == 0x6265_6769_6E09 {
            // The quote belongs to the block: its other lines have it as well.
            candidates.append(Candidate(offset: line.start, kind: .uuencode))
        } else if text == 0x3D79_6265_6769 {
            candidates.append(Candidate(offset: line.contentStart, kind: .yEnc))
        } else if word == 0x636F_6E74_656E {
            candidates.append(Candidate(offset: line.start, kind: .mailField))
        }
    }

    private mutating func endLine(at position: Int64) {
        guard isText else { return }
        guard line.phase == .digits || line.phase == .padding, line.digits > 0 else {
            takeClosedLine()
            endBlock()
            block = line.phase == .other ? line.tail : nil
            return
        }
        // A word before the first line is no part of the block.
        if let open = block, open.lines == 1, open.firstLength < Self.shortestLine, line.digits != open.firstLength {
            endBlock()
        }
        if var open = block {
            open.digits += line.digits
            open.lines += 1
            open.range = open.range.lowerBound..<position
            open.hasUpper = open.hasUpper || line.hasUpper
            open.hasLower = open.hasLower || line.hasLower
            open.hasNumber = open.hasNumber || line.hasNumber
            if open.lastLength != open.firstLength { open.isUneven = true }
            open.lastLength = line.digits
            block = open
            if line.digits < Self.shortestLine, line.digits != open.firstLength { endBlock() }
        } else {
            block = Block(
                range: line.contentStart..<position, firstLength: line.digits, digits: line.digits,
                hasUpper: line.hasUpper, hasLower: line.hasLower, hasNumber: line.hasNumber, lastLength: line.digits)
        }
    }

    /// Adds the last line of a block of equal lines if a closing character follows it, as in `AA=="""` and
    /// `AA==</data>`. A word of a text seldom makes the number of digits one of whole groups.
    private mutating func takeClosedLine() {
        guard let end = line.closing, line.digits > 0, var open = block, !open.isUneven,
            open.firstLength >= Self.shortestLine, open.lastLength == open.firstLength,
            line.digits <= open.firstLength, (open.digits + end - line.contentStart) % 4 == 0
        else { return }
        open.digits += line.digits
        open.range = open.range.lowerBound..<end
        block = open
    }

    /// Encoded bytes have digits of both cases. Hexadecimal numbers, sequences of bases and words have not. Lines of
    /// various lengths without a number are a list of words.
    private mutating func endBlock() {
        guard let found = block else { return }
        block = nil
        guard found.digits >= Self.fewestDigits, found.hasUpper, found.hasLower else { return }
        guard found.hasNumber || !found.isUneven else { return }
        let isEven = found.firstLength % 4 == 0 && found.lines >= Self.fewestEqualLines
        guard found.firstLength >= Self.shortestLine || isEven else { return }
        blocks.append(found.range)
    }
}
