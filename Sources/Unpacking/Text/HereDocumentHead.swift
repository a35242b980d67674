/// What a line of a shell script says about a here-document that begins behind it.
struct HereDocumentHead {
    /// The most bytes of `<<` and the word behind it.
    static let longest = 256

    /// The line that ends a document, and whether the tabs before it and before all other lines are taken off.
    struct End: Hashable {
        let word: [UInt8]
        let stripsTabs: Bool
    }

    let end: End
    /// The letter before each line of a shell archive.
    let prefix: UInt8?
    /// Whether no quote of its line, no comment and no other document is around it.
    let isPlain: Bool
    /// Whether it is taken to the script's end if the line that ends it is missing, as a shell does.
    let mayLackEnd: Bool

    private static let separators = Set(";&|<>()".utf8)

    /// Returns the documents that begin in a line, in their order.
    ///
    /// - Parameters:
    ///   - limit: where the last one may begin.
    ///   - needsFile: whether only a document is meant that a shell archive or the line's own command writes to a file.
    ///   - isInDocument: whether the line is a line of a document itself.
    static func all(in line: [UInt8], upTo limit: Int, needsFile: Bool, isInDocument: Bool) -> [HereDocumentHead] {
        guard line.index(of: [0x3C, 0x3C]) != nil else { return [] }
        let isArchive = line.index(of: Array(HereDocuments.mark.utf8)) != nil
        guard isArchive || !needsFile || line.contains(0x3E) else { return [] }
        let isComment = line.first { $0 != 0x20 && $0 != 9 } == 0x23
        var shifts = arithmetic(in: line)[...]
        var heads: [HereDocumentHead] = []
        var (index, quote): (Int, UInt8?) = (0, nil)
        while index + 2 < line.count, index < limit {
            if line[index] == 0x5C, quote != 0x27 {
                index += 2
                continue
            }
            if line[index] == quote { quote = nil } else if quote == nil, isQuote(line[index]) { quote = line[index] }
            guard line[index] == 0x3C, line[index + 1] == 0x3C else {
                index += 1
                continue
            }
            // Three begin a string.
            let count = line[index...].prefix { $0 == 0x3C }.count
            let start = index
            index += count
            shifts = shifts.drop { $0.upperBound <= start }
            guard count == 2, index < line.count, shifts.first?.contains(start) != true else { continue }
            let stripsTabs = line[index] == 0x2D
            let word = word(line[(stripsTabs ? index + 1 : index)...])
            guard !word.isEmpty else { continue }
            heads.append(
                HereDocumentHead(
                    end: End(word: word, stripsTabs: stripsTabs), prefix: isArchive ? 0x58 : nil,
                    isPlain: quote == nil && !isComment && !isInDocument,
                    mayLackEnd: isArchive || !needsFile && !isInDocument))
        }
        return heads
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x27 || byte == 0x22 }

    /// The word behind `<<`, without its quotes.
    private static func word(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var (word, quote, isEscaped): ([UInt8], UInt8?, Bool) = ([], nil, false)
        for byte in text.prefix(longest).drop(while: { $0 == 0x20 || $0 == 9 }) {
            if isEscaped {
                word.append(byte)
                isEscaped = false
            } else if byte == quote {
                quote = nil
            } else if quote == nil, isQuote(byte) {
                quote = byte
            } else if quote == nil, byte == 0x5C {
                isEscaped = true
            } else if quote == nil, byte <= 0x20 || separators.contains(byte) {
                break
            } else {
                word.append(byte)
            }
        }
        return word
    }

    /// Returns the outermost stretches between `((` and `))`, where `<<` is a shift. As in a shell, the inner
    /// parentheses have to match; otherwise both begin commands.
    private static func arithmetic(in line: [UInt8]) -> [Range<Int>] {
        var (found, open): ([Range<Int>], [Int]) = ([], [])
        for (index, byte) in line.enumerated() {
            if byte == 0x28 { open.append(index) }
            guard byte == 0x29, let start = open.popLast() else { continue }
            if start > 0, line[start - 1] == 0x28, index + 1 < line.count, line[index + 1] == 0x29 {
                while let last = found.last, last.lowerBound > start { found.removeLast() }
                found.append(start..<index)
            }
        }
        return found
    }
}
