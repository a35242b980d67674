/// The keywords that delimit a PDF's objects, found in one block of it.
struct PDFKeywords: Sequence, IteratorProtocol {
    enum Kind { case object, trailer, stream, endOfStream, tablePlace, end }

    struct Keyword {
        let kind: Kind
        let index: Int
    }

    private let bytes: [UInt8]
    private let end: Int
    private var index = 0

    /// - Parameter end: keywords from this index on belong to the next block.
    init(_ bytes: [UInt8], end: Int) {
        self.bytes = bytes
        self.end = Swift.min(end, bytes.count)
    }

    mutating func next() -> Keyword? {
        while index < end {
            let start = index
            index += 1
            switch bytes[start] {
            case UInt8(ascii: "o") where matches("obj", start):
                // Not the end of `endobj`.
                if start >= 3, matches("end", start - 3) { continue }
                return Keyword(kind: .object, index: start)
            case UInt8(ascii: "e") where matches("endstream", start): return Keyword(kind: .endOfStream, index: start)
            case UInt8(ascii: "t") where matches("trailer", start): return Keyword(kind: .trailer, index: start)
            case UInt8(ascii: "s") where matches("startxref", start): return Keyword(kind: .tablePlace, index: start)
            case UInt8(ascii: "s") where matches("stream", start) && isBehindDictionary(start):
                return Keyword(kind: .stream, index: start)
            case UInt8(ascii: "%") where matches("%%EOF", start): return Keyword(kind: .end, index: start)
            default: continue
            }
        }
        return nil
    }

    /// Whether `>>` precedes, and white space. At a block's start it is not known.
    private func isBehindDictionary(_ start: Int) -> Bool {
        let before = bytes[..<start].last { !PDFText.isSpace($0) }
        return before == nil || before == UInt8(ascii: ">")
    }

    private func matches(_ keyword: StaticString, _ start: Int) -> Bool {
        let count = keyword.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return keyword.withUTF8Buffer { text in
            (0..<count).allSatisfy { unsafe bytes[start + $0] == text[$0] }
        }
    }
}
