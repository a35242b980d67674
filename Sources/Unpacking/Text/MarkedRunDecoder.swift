/// Decodes base64 or base64url (RFC 4648, 4 and 5) that begins with a magic number, up to the first character that
/// does not belong to it. Characters may be written as `%2B`, `\/`, `\u002B` and `&#43;`, and line ends as `\n` and as
/// HL7 has them (HL7 Version 2, "Use of escape sequences in text fields"). Pieces of one length with one separator
/// between them, such as lines behind `//` or strings of a list, are one text.
struct MarkedRunDecoder {
    private static let longestSeparator = 32
    /// The longest piece that another one may follow.
    private static let longestPiece = 4096
    private static let shortestPiece = 4
    private static let longestMark = 8
    private static let headLength = 5
    private static let longWord = 40
    private static let lineBreak = Array("\\.br\\".utf8)

    /// How many slashes stand before the first piece, and so before the others.
    private let slashes: Int
    /// How many of the first bytes are no part of the file.
    private var omitted: Int
    private var base64 = Base64Reader()
    /// `%41`, `\/` or `&#65;` as far as it was read.
    private var mark: [UInt8] = []
    private var hasPadding = false
    private var hasPlainDigits = false
    private var hasURLDigits = false

    /// The digits of the first piece, and of the one that is read.
    private var firstLength = 0
    private var length = 0
    /// What stands between the first pieces, and behind the last one.
    private var separator: [UInt8] = []
    private var gap: [UInt8] = []
    private var slashesLeft = 0
    /// A piece that is not known to belong to the text.
    private var held: [UInt8] = []
    /// The first digits of all.
    private var start: [UInt8] = []
    private var pieces = 1
    private var isBetween = false
    private(set) var isAtEnd = false
    /// How many characters were read, and how many of them belong to the text for certain.
    private var readLength: Int64 = 0
    private(set) var textLength: Int64 = 0

    init(slashes: Int, omitted: Int) { (self.slashes, self.omitted) = (slashes, omitted) }

    mutating func add(_ byte: UInt8) {
        guard !isAtEnd else { return }
        readLength += 1
        defer { if held.isEmpty, !isBetween, !isAtEnd { textLength = readLength } }
        switch mark.first {
        case 0x25: addToPercent(byte)
        case 0x5C: addToEscape(byte)
        case 0x26: addToEntity(byte)
        default:
            if byte == 0x25 || byte == 0x5C || byte == 0x26 { mark = [byte] } else { take(byte) }
        }
    }

    mutating func take(isLast: Bool) -> [UInt8] {
        if isLast {
            end()
            base64.finishGroup()
        }
        let bytes = base64.take()
        let dropped = min(omitted, bytes.count)
        omitted -= dropped
        return Array(bytes.dropFirst(dropped))
    }

    // MARK: Pieces

    private mutating func take(_ byte: UInt8) {
        if byte == 0x3D {
            // Padding is the end of a last piece, whatever its length.
            if !isBetween, length > 0 { hasPadding = true } else { end() }
            return
        }
        guard let digit = digit(byte), !hasPadding else { return hasPadding ? end() : separate(byte) }
        if isBetween {
            if slashesLeft > 0, byte == 0x2F {
                slashesLeft -= 1
                return gap.append(byte)
            }
            if byte == 0x2B, isBetweenStrings { return gap.append(byte) }
            guard pieces == 1 || gap == separator else { return end() }
            if pieces == 1 { separator = gap }
            isBetween = false
            length = 0
            pieces += 1
        }
        length += 1
        if pieces == 1 {
            if start.count < Self.headLength { start.append(digit) }
            return base64.add(digit)
        }
        held.append(digit)
        // Another file of the same kind, as in a table.
        if length == Self.headLength, firstLength >= Self.longWord, held == start {
            held = []
            return isAtEnd = true
        }
        if held.count == firstLength { release() }
        if length > firstLength { end() }
    }

    private mutating func separate(_ byte: UInt8) {
        if !isBetween {
            if pieces == 1 { firstLength = length }
            let isWhole = firstLength % 4 == 0 || byte == 0x0A || byte == 0x0D
            guard length == firstLength, isWhole, length >= Self.shortestPiece, length <= Self.longestPiece else {
                return end()
            }
            (isBetween, gap, slashesLeft) = (true, [], slashes)
        }
        gap.append(byte)
        if gap.count > Self.longestSeparator { end() }
    }

    /// Whether a sign behind the gap may join two strings of a program.
    private var isBetweenStrings: Bool {
        let hasQuote = gap.contains { $0 == 0x22 || $0 == 0x27 || $0 == 0x60 }
        return hasQuote && (gap.count == 1 || (gap.last ?? 0) <= 0x20)
    }

    private mutating func release() {
        for digit in held { base64.add(digit) }
        held = []
    }

    /// Ends the text. A last piece belongs to it if it ends with padding, or two before it are of one length.
    private mutating func end() {
        if held.count < firstLength, hasPadding || pieces > 2 { release() }
        held = []
        isAtEnd = true
    }

    /// The digit of base64 that a character stands for. The two alphabets are not mixed.
    private mutating func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x2B, 0x2F:
            guard !hasURLDigits else { return nil }
            if !isBetween { hasPlainDigits = true }
            return byte
        case 0x2D, 0x5F:
            guard !hasPlainDigits, !isBetween else { return nil }
            hasURLDigits = true
            return byte == 0x2D ? 0x2B : 0x2F
        default: return Base64.values[Int(byte)] < 64 ? byte : nil
        }
    }

    // MARK: Other ways to write a character

    private mutating func addToPercent(_ byte: UInt8) {
        guard let digit = byte.hexadecimalValue else { return end() }
        guard mark.count == 2, let high = mark[1].hexadecimalValue else { return mark.append(byte) }
        mark = []
        takeWritten(UInt32(high << 4 | digit))
    }

    private mutating func addToEscape(_ byte: UInt8) {
        mark.append(byte)
        switch mark[1] {
        case 0x2F:
            mark = []
            take(0x2F)
        case 0x6E, 0x72, 0x74, 0x0A: mark = []
        case 0x2E where Self.lineBreak.starts(with: mark): if mark == Self.lineBreak { mark = [] }
        case 0x75:
            guard mark.count == 6 else { return }
            let number = UInt32(String(decoding: mark.dropFirst(2), as: UTF8.self), radix: 16)
            mark = []
            takeWritten(number)
        default: end()
        }
    }

    private mutating func addToEntity(_ byte: UInt8) {
        mark.append(byte)
        guard mark[1] == 0x23, mark.count <= Self.longestMark else { return end() }
        guard byte == 0x3B else { return }
        let digits = String(decoding: mark.dropFirst(2).dropLast(), as: UTF8.self)
        mark = []
        takeWritten(digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits))
    }

    /// Takes a character that was written by its number. Line ends are passed over.
    private mutating func takeWritten(_ number: UInt32?) {
        guard let number, let byte = UInt8(exactly: number) else { return end() }
        if byte == 0x0A || byte == 0x0D { return }
        guard Base64.values[Int(byte)] < 64 || byte == 0x3D else { return end() }
        take(byte)
    }
}
