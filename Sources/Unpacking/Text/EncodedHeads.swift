/// Where base64 of a file begins in a text, whatever stands before it: its first digits are those of a magic number,
/// and the bytes behind them are a plausible header.
enum EncodedHeads {
    /// The fewest bytes of a stream or a text.
    private static let fewest = 30
    /// The fewest of a file whose readers need more than its beginning: a ZIP of one empty file.
    private static let fewestOfArchive = 98
    /// The most characters that decide.
    private static let sampleLength = 960
    /// Lines from this length on are one of a block that `LineSearch` finds.
    private static let longLine = 48
    private static let shortLine = 20
    private static let longestQuote = 32

    private static let streams: [[UInt8]] = [
        [0x1F, 0x8B, 8], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], [0x28, 0xB5, 0x2F, 0xFD], Array("BZh".utf8),
    ]
    private static let texts: [[UInt8]] = [
        "%PDF-", "<!DOCTYPE", "<!doctype", "<html", "<HTML", "<?xml", "<script", "<SCRIPT", "<?php", "#!/", "{\\rtf",
    ].map { Array($0.utf8) }
    /// The compound file, 7-Zip, RAR and Cabinet.
    private static let archives: [[UInt8]] = [
        [0x50, 0x4B, 3, 4], [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C],
        [0x52, 0x61, 0x72, 0x21, 0x1A, 7], [0x4D, 0x53, 0x43, 0x46, 0, 0, 0, 0],
    ]
    /// ELF, Mach-O of 32 and 64 bits in both orders, and of several architectures or classes of Java.
    private static let programs: [[UInt8]] = [
        [0x7F, 0x45, 0x4C, 0x46], [0xCE, 0xFA, 0xED, 0xFE], [0xCF, 0xFA, 0xED, 0xFE], [0xFE, 0xED, 0xFA, 0xCE],
        [0xFE, 0xED, 0xFA, 0xCF], [0xCA, 0xFE, 0xBA, 0xBE],
    ]

    /// The first three digits of each magic number, 18 bits.
    private static let firstDigits: Set<Int> = {
        let heads = (streams + texts + archives + programs).map { Int($0[0]) << 10 | Int($0[1]) << 2 | Int($0[2] >> 6) }
        return Set(heads + (0..<4).map { 0x4D << 10 | 0x5A << 2 | $0 })
    }()

    /// Whether a magic number's first digit is this character, or that of a length before a stream of zlib.
    static let isFirst: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        for (byte, value) in Base64.values.enumerated() where value < 64 {
            table[byte] = value == 0 || firstDigits.contains { $0 >> 12 == Int(value) }
        }
        table[0x5F] = table[0x2F]
        return table
    }()

    /// The kind of the run that begins at an index, or nil. A text without such runs costs little more than a look at
    /// the first letters of its words.
    static func run(in block: [UInt8], at index: Int) -> EncodedRuns.Run.Kind? {
        guard index + 7 < block.count, mayBegin(block, at: index) else { return nil }
        let digits = block[index..<index + 3].map { Int(value(of: $0)) }
        guard digits.allSatisfy({ $0 < 64 }) else { return nil }
        let isMark = firstDigits.contains(digits[0] << 12 | digits[1] << 6 | digits[2])
        guard isMark || isLengthOfStream(block, at: index) else { return nil }
        let before = block[max(0, index - longestQuote)..<index].reversed().drop { $0 == 0x20 || $0 == 9 }
        let slashes = before.prefix(2).prefix { $0 == 0x2F }.count
        var decoder = MarkedRunDecoder(slashes: slashes, omitted: 0)
        for byte in block[index...].prefix(sampleLength) { decoder.add(byte) }
        let head = decoder.take(isLast: true)
        if isMark, isPlausible(head), !isBlockOfLines(block, at: index) {
            return .marked(slashes: slashes, omitted: 0)
        }
        return isStreamBehindLength(head) ? .marked(slashes: slashes, omitted: 4) : nil
    }

    private static func value(of byte: UInt8) -> UInt8 {
        byte == 0x2D ? 62 : byte == 0x5F ? 63 : Base64.values[Int(byte)]
    }

    private static func isLetterOrNumber(_ byte: UInt8) -> Bool {
        Base64.values[Int(byte)] < 62
    }

    /// Whether no word ends directly before an index. `\n`, `%3D` and `\u0022` are none.
    private static func mayBegin(_ block: [UInt8], at index: Int) -> Bool {
        guard index > 0, isLetterOrNumber(block[index - 1]) else { return true }
        if index > 1, block[index - 2] == 0x5C { return [0x6E, 0x72, 0x74].contains(block[index - 1]) }
        if index > 2, block[index - 3] == 0x25 {
            return block[index - 2..<index].allSatisfy { $0.hexadecimalValue != nil }
        }
        return index > 5 && block[index - 6] == 0x5C && block[index - 5] == 0x75
    }

    /// Whether the line is one of those that `LineSearch` takes.
    private static func isBlockOfLines(_ block: [UInt8], at index: Int) -> Bool {
        let before = block[max(0, index - longestQuote)..<index].reversed().first { !UUBlock.isQuote($0) }
        guard before == nil || before == 0x0A || before == 0x0D else { return false }
        let line = block[index...].prefix { Base64.values[Int($0)] < 64 }
        let rest = block[line.endIndex...].drop { $0 == 0x3D || $0 == 0x20 || $0 == 9 }
        guard let end = rest.first, end == 0x0A || end == 0x0D else { return false }
        if line.count >= longLine { return true }
        let next = rest.drop { UUBlock.isQuote($0) || $0 == 0x0A || $0 == 0x0D }.prefix(4)
        return line.count >= shortLine && next.count == 4 && next.allSatisfy { Base64.values[Int($0)] < 64 }
    }

    // MARK: Headers

    private static func isPlausible(_ head: [UInt8]) -> Bool {
        guard head.count >= fewest else { return false }
        if isProgram(head) { return true }
        if head.starts(with: [0x1F, 0x8B]) { return head[3] & 0xE0 == 0 && (head[9] <= 13 || head[9] == 255) }
        if head.starts(with: [0x42, 0x5A, 0x68]) {
            return (0x31...0x39).contains(head[3]) && head[4...].starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        }
        if (streams + texts).contains(where: { head.starts(with: $0) }) { return true }
        guard head.count >= fewestOfArchive, archives.contains(where: { head.starts(with: $0) }) else { return false }
        if head[0] == 0xD0 { return head.count >= 512 }
        return head[0] != 0x50 || head[5] == 0 && head[9] == 0 && head[8] < 100
    }

    /// Whether bytes begin as a program does. A header alone is none.
    static func isProgram(_ head: [UInt8]) -> Bool {
        guard head.count >= 64 else { return false }
        if head.starts(with: [0x4D, 0x5A]) {
            return head.number(4, at: 60) < 0x10000 && head.number(2, at: 8) < 0x1000
        }
        guard programs.contains(where: { head.starts(with: $0) }) else { return false }
        return head[0] != 0x7F || (1...2).contains(head[4]) && (1...2).contains(head[5]) && head[6] == 1
    }

    /// Whether the digits may be those of a length and a stream of zlib, as `qCompress` writes them (Qt, QByteArray).
    private static func isLengthOfStream(_ block: [UInt8], at index: Int) -> Bool {
        block[index] == 0x41 && value(of: block[index + 5]) & 0xCF == 7
            && (32...35).contains(value(of: block[index + 6]))
    }

    private static func isStreamBehindLength(_ head: [UInt8]) -> Bool {
        guard head.count >= fewest, head[0] == 0, head[4] == 0x78, head[5] & 0x20 == 0 else { return false }
        return (Int(head[4]) << 8 | Int(head[5])) % 31 == 0 && head[6] & 6 != 6 && head[1...3].contains { $0 > 0 }
    }
}
