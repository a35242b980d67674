/// A file that uuencode (POSIX.1-2017, "uuencode") or xxencode put into a text.
struct UUBlock: Sendable, Equatable {
    enum Alphabet: Sendable { case uu, xx, base64 }

    /// From the `begin` line's first byte to the end of the `end` line, or of the layer.
    var range: Range<Int64>
    /// The first line of data.
    let dataStart: Int64
    let alphabet: Alphabet
    let name: [UInt8]
    /// The bytes that a mail program put before each line, such as `> `.
    let quote: [UInt8]
    /// Whether lines of something else stand between those of the file. Some readers decode them, others skip them.
    var hasOtherLines = false

    private static let longestHead = 4096
    private static let linesBeforeData = 8
    /// Readers decode a line of Base64 with a damaged digit.
    private static let mostDamagedDigits = 4

    /// Returns the block whose `begin` line begins at `offset`, or nil if no line of data follows it.
    static func find(in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> UUBlock? {
        var lines = TextLines(slice, in: offset..<min(slice.size, offset + Int64(longestHead)))
        guard let first = try lines.next() else { return nil }
        let quote = Array(first.bytes.prefix(while: isQuote))
        guard let (name, isBase64) = beginLine(first.bytes.dropFirst(quote.count)) else { return nil }
        var dataStart: Int64?
        for _ in 0..<linesBeforeData {
            guard let line = try lines.next() else { return nil }
            let bytes = line.bytes.withoutQuote(quote)
            guard !bytes.isEmpty else { continue }
            // A damaged line may precede.
            dataStart = dataStart ?? line.start
            let alphabet: Alphabet
            if isBase64 {
                let others = bytes.count { Base64.values[Int($0)] >= 64 && $0 != 0x3D && $0 != 0x20 }
                guard others <= Self.mostDamagedDigits else { return nil }
                alphabet = .base64
            } else if Alphabet.uu.mayBeLine(bytes), bytes.count > 1 {
                alphabet = .uu
            } else if Alphabet.xx.mayBeLine(bytes), bytes.count > 1 {
                alphabet = .xx
            } else {
                continue
            }
            var block = UUBlock(
                range: first.start..<slice.size, dataStart: dataStart ?? line.start, alphabet: alphabet, name: name,
                quote: quote)
            try block.findEnd(in: slice)
            return block
        }
        return nil
    }

    /// Bytes that mail programs put before a line that they quote or indent.
    static func isQuote(_ byte: UInt8) -> Bool { [0x20, 9, 0x3E, 0x7C, 0x3A, 0x23].contains(byte) }

    /// `begin 644 name`, `begin-base64 644 name`, `begin-base64-encoded …`.
    private static func beginLine(_ line: ArraySlice<UInt8>) -> (name: [UInt8], isBase64: Bool)? {
        let words = line.split(maxSplits: 2, omittingEmptySubsequences: true) { $0 == 0x20 || $0 == 9 }
        guard words.count >= 2 else { return nil }
        let word = words[0].map(\.lowercase)
        let isBase64 = word.starts(with: Array("begin-base64".utf8))
        guard isBase64 || word == Array("begin".utf8) else { return nil }
        // Readers go on with a damaged mode, and with a name right behind it.
        let digits = words[1].count { (0x30...0x37).contains($0) }
        let isMode = words[1].count <= 8 && digits == words[1].count || digits >= 2 && words[1].count <= 4
        guard isMode || words[1].count > 3 && words[1].prefix(3).allSatisfy({ (0x30...0x37).contains($0) }) else {
            return nil
        }
        return (words.count > 2 ? Array(words[2]) : [], isBase64)
    }

    /// Goes to the `end` line, over lines of something else: a file in several letters.
    private mutating func findEnd(in slice: FileSlice) throws(UnpackingError) {
        var lines = TextLines(slice, in: dataStart..<slice.size)
        var otherLines = 0
        while let line = try lines.next() {
            let bytes = line.bytes.withoutQuote(quote)
            if isEnd(bytes) {
                range = range.lowerBound..<line.next
                hasOtherLines = otherLines > 0
                return
            }
            if line.isStart, Self.beginLine(line.bytes.drop(while: Self.isQuote)) != nil {
                range = range.lowerBound..<line.start
                break
            }
            if !alphabet.mayBeLine(bytes) { otherLines += 1 }
        }
        // Without an end, what follows need not belong to it.
        hasOtherLines = otherLines > 0
    }

    private func isEnd(_ bytes: [UInt8]) -> Bool {
        switch alphabet {
        case .uu, .xx:
            bytes.prefix(3).map(\.lowercase) == Array("end".utf8) && bytes.dropFirst(3).allSatisfy { $0 == 0x20 }
        case .base64: bytes.starts(with: Array("====".utf8))
        }
    }

    /// The lines of data.
    var data: Range<Int64> { dataStart..<max(dataStart, range.upperBound) }

    /// Decodes the block as far as it goes.
    ///
    /// - Parameter takesAll: whether lines that do not look like data are decoded, too.
    func decode(_ slice: FileSlice, takesAll: Bool, to writer: inout ScratchWriter) throws(UnpackingError) {
        if alphabet == .base64 { return try Base64.decode(slice, in: data, to: &writer) }
        var lines = TextLines(slice, in: dataStart..<range.upperBound)
        while let line = try lines.next() {
            let bytes = line.bytes.withoutQuote(quote)
            guard !bytes.isEmpty, !isEnd(bytes), takesAll || alphabet.mayBeLine(bytes) else { continue }
            try writer.append(alphabet.decode(bytes))
        }
    }
}

extension UUBlock.Alphabet {
    private static let xxDigits = Array("+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    private static let xxValues: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in xxDigits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    private func value(_ byte: UInt8) -> UInt8? {
        switch self {
        case .uu: (0x20...0x60).contains(byte) ? (byte &- 0x20) & 63 : nil
        case .xx: Self.xxValues[Int(byte)] < 64 ? Self.xxValues[Int(byte)] : nil
        case .base64: Base64.values[Int(byte)] < 64 ? Base64.values[Int(byte)] : nil
        }
    }

    /// Whether a line has the digits and the length that its first digit declares. Blanks at its end may be lost, and a
    /// checksum may follow.
    func mayBeLine(_ bytes: [UInt8]) -> Bool {
        guard self != .base64 else { return true }
        guard let first = bytes.first, let count = value(first) else { return bytes.isEmpty }
        let digits = (Int(count) + 2) / 3 * 4
        var trimmed = bytes[...]
        while trimmed.count > 1 + digits, trimmed.last == 0x20 { trimmed.removeLast() }
        guard trimmed.count <= 1 + digits + 2, trimmed.dropFirst().allSatisfy({ value($0) != nil }) else {
            return false
        }
        // Blanks that were cut off are zeros. In xxencode, words are digits as well.
        return self == .uu || trimmed.count > digits - 3
    }

    /// The value of a byte that may be no digit: decoders of uuencode subtract a blank and take six bits.
    private func lenientValue(_ byte: UInt8) -> UInt8 { self == .uu ? (byte &- 0x20) & 63 : value(byte) ?? 0 }

    /// Decodes one line. Digits that are missing count as zero.
    func decode(_ bytes: [UInt8]) -> [UInt8] {
        guard let first = bytes.first, let count = value(first) ?? value(first & 0x3F | 0x20), count > 0 else {
            return []
        }
        var decoded: [UInt8] = []
        var index = 1
        while decoded.count < Int(count) {
            var bits: UInt32 = 0
            for position in index..<index + 4 {
                bits = bits << 6 | UInt32(position < bytes.count ? lenientValue(bytes[position]) : 0)
            }
            decoded.append(UInt8(truncatingIfNeeded: bits >> 16))
            decoded.append(UInt8(truncatingIfNeeded: bits >> 8))
            decoded.append(UInt8(truncatingIfNeeded: bits))
            index += 4
        }
        return Array(decoded.prefix(Int(count)))
    }
}

extension [UInt8] {
    /// The line without the bytes before it, as many of them as it has.
    func withoutQuote(_ quote: [UInt8]) -> [UInt8] {
        guard !quote.isEmpty else { return self }
        if starts(with: quote) { return Array(dropFirst(quote.count)) }
        // A line that only blanks precede, or whose blanks were lost.
        return Array(drop { quote.contains($0) && $0 != 0x20 || $0 == 9 })
    }
}
