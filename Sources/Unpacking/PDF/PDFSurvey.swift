/// The objects of a PDF, found by their keywords.
///
/// The search ignores the cross-reference table: readers do the same if the table is broken, and the search finds more
/// than any table lists. The bytes of streams are searched as well, since they may contain another document. The
/// dictionary of a stream is always plain text (ISO 32000-1, 7.3.8).
struct PDFSurvey {
    /// One stream.
    struct Stream {
        let object: Int64
        let generation: Int64
        let dictionary: PDFDictionary
        let start: Int64
        /// Where `endstream` stands for the first time behind its start, and for the last time before another object.
        fileprivate(set) var firstEnd: Int64?
        fileprivate(set) var lastEnd: Int64?

        /// Whether no object begins before it. Text about PDF has such streams as well.
        var isLoose: Bool { object < 0 }
        /// Whether it holds objects, or a cross-reference table.
        var isObjectStream: Bool { dictionary["First"] != nil && dictionary["N"] != nil }
        var isTable: Bool { dictionary["Type"] == .name("XRef") }
        /// Whether a reader may decode it to find its way through the document.
        var isStructure: Bool { isTable || isObjectStream || dictionary["W"] != nil }
    }

    /// Why the search is not complete.
    private(set) var errors: [UnpackingError] = []
    private(set) var streams: [Stream] = []
    private(set) var objects = PDFObjects()
    /// Numbers and generations of all objects, in file order.
    private(set) var identities: [(object: Int64, generation: Int64)] = []
    /// Where each revision of the document ends (`%%EOF`), the latest last.
    private(set) var ends: [Int64] = []
    private(set) var isEncrypted = false
    /// Whether there is a trailer or a cross-reference stream that leads to a catalogue.
    private(set) var hasRoot = false
    /// Whether an object follows the last `startxref` or `%%EOF`.
    var isCut: Bool { lastObject.map { lastEnd < $0 } ?? false }
    /// Whether readers take the bytes for a PDF at once: it has a header where they look for it, or an end.
    var isCertain: Bool { hasHeader || lastObject != nil && hasEnd && !isCut && hasRoot }
    /// How many bytes stand outside of streams.
    private(set) var structureBytes: Int64 = 0

    let file: FileSlice
    private let hasTime: () -> Bool

    /// The index of the first of `streams` whose `endstream` was not found yet.
    private var firstOpen = 0
    private let hasHeader: Bool
    private var lastObject: Int64?
    private var lastEnd: Int64 = -1
    /// Whether there is an end that is no template of one: programs that write PDF have `startxref %d` and `%%%%EOF`.
    private var hasEnd = false
    /// How many bytes of values may still be parsed: hostile ones overlap.
    private var valueBudget: Int64
    /// How many streams without an object may still be looked for.
    private var looseBudget = 1_000

    private static let blockLength = 1 << 18
    /// The lengths that are read of a value, one after the other until it ends.
    private static let valueLengths = [1 << 10, 1 << 16, 1 << 22]
    private static let maximumStreams = 200_000
    private static let maximumObjects = 4_000_000
    private static let maximumEnds = 64
    /// The most bytes that are read before `obj`: two numbers, white space and comments.
    private static let prefixLength = 64

    /// - Parameter hasTime: called repeatedly. The search stops when it returns false.
    init(_ file: FileSlice, hasTime: @escaping () -> Bool) throws(UnpackingError) {
        self.file = file
        self.hasTime = hasTime
        valueBudget = 8 * file.size + 1 << 24
        hasHeader = try file.bytes(at: 0, count: 1029).index(of: Array("%PDF-".utf8)) != nil
        var offset: Int64 = 0
        while offset < file.size {
            try checkTime()
            let block = try file.bytes(at: offset, count: Self.blockLength + Self.prefixLength)
            for keyword in PDFKeywords(block, end: Self.blockLength) {
                try take(keyword.kind, at: offset + Int64(keyword.index))
            }
            offset += Int64(Self.blockLength)
        }
    }

    private func checkTime() throws(UnpackingError) {
        guard hasTime() else { throw UnpackingError(.tooLarge, "the time limit, while its objects were searched") }
    }

    private mutating func take(_ keyword: PDFKeywords.Kind, at offset: Int64) throws(UnpackingError) {
        switch keyword {
        case .object: try takeObject(at: offset)
        case .trailer:
            if case (.dictionary(let dictionary), _)? = try value(at: offset + 7) { takeTrailer(dictionary) }
        case .stream: try takeLooseStream(at: offset)
        case .endOfStream:
            while firstOpen < streams.count {
                streams[firstOpen].firstEnd = offset
                firstOpen += 1
            }
            if !streams.isEmpty { streams[streams.count - 1].lastEnd = offset }
        case .tablePlace:
            lastEnd = offset
            if !hasEnd {
                hasEnd = try file.bytes(at: offset + 9, count: 32).first { !PDFText.isSpace($0) } != UInt8(ascii: "%")
            }
        case .end:
            lastEnd = offset
            if !hasEnd { hasEnd = try file.bytes(at: offset - 1, count: 1) != [UInt8(ascii: "%")] }
            if ends.count == Self.maximumEnds { ends.removeFirst() }
            ends.append(offset)
        }
    }

    private mutating func takeTrailer(_ dictionary: PDFDictionary) {
        if let value = dictionary["Encrypt"], value != .other { isEncrypted = true }
        if dictionary["Root"] != nil { hasRoot = true }
        objects.take(.dictionary(dictionary), of: 0, isStream: true)
    }

    /// Takes a stream whose object was not recognised.
    private mutating func takeLooseStream(at offset: Int64) throws(UnpackingError) {
        if let last = streams.last, offset < last.start { return }
        looseBudget -= 1
        guard looseBudget >= 0 else {
            if looseBudget == -1 { errors.append(UnpackingError(.tooLarge, "too many streams without an object")) }
            return
        }
        guard let dictionary = try dictionary(before: offset), let data = try streamStart(at: offset) else { return }
        objects.take(.dictionary(dictionary), of: -1, isStream: true)
        try add(Stream(object: -1, generation: 0, dictionary: dictionary, start: data))
    }

    private mutating func takeObject(at offset: Int64) throws(UnpackingError) {
        let start = max(0, offset - Int64(Self.prefixLength))
        guard let (object, generation) = Self.numbers(before: try file.bytes(at: start, count: Int(offset - start)))
        else { return }
        lastObject = offset
        guard identities.count < Self.maximumObjects else {
            throw UnpackingError(.tooLarge, "more than \(Self.maximumObjects) objects")
        }
        identities.append((object, generation))
        guard let (value, end) = try value(at: offset + 3) else { return }
        structureBytes += end - offset
        guard case .dictionary(let dictionary) = value, let data = try streamStart(at: end) else {
            return objects.take(value, of: object)
        }
        objects.take(value, of: object, isStream: true)
        try add(Stream(object: object, generation: generation, dictionary: dictionary, start: data))
    }

    private mutating func add(_ stream: Stream) throws(UnpackingError) {
        if stream.isTable { takeTrailer(stream.dictionary) }
        guard streams.count < Self.maximumStreams else {
            throw UnpackingError(.tooLarge, "more than \(Self.maximumStreams) streams")
        }
        streams.append(stream)
        if streams.count % 64 == 0 { try checkTime() }
    }

    /// Returns where a stream's data begin if `stream` follows: the line end behind the keyword, of one byte or two, is
    /// not data.
    private func streamStart(at offset: Int64) throws(UnpackingError) -> Int64? {
        var start = offset
        for length in [64, 1 << 16] {
            let next = try file.bytes(at: offset, count: length)
            let keyword = PDFText.skipSpace(next, from: 0)
            guard next.count >= keyword + 8 || next.count < length else { continue }
            guard next[keyword...].starts(with: "stream".utf8) else { return nil }
            var data = keyword + 6
            // Some writers leave blanks before it.
            while next.count > data, next[data] == 0x20 || next[data] == 9 { data += 1 }
            if next.count <= data || next[data] != 13 && next[data] != 10 { data = keyword + 6 }
            if next.count > data, next[data] == 13 { data += 1 }
            if next.count > data, next[data] == 10 { data += 1 }
            start += Int64(data)
            return start
        }
        return nil
    }

    /// Returns the numbers of `5 0 obj` from the bytes before the keyword, or nil.
    static func numbers(before bytes: [UInt8]) -> (object: Int64, generation: Int64)? {
        var rest = bytes[...]
        var found: [Int64] = []
        for _ in 0..<2 {
            rest.dropSpace()
            let digits = rest.reversed().prefix(while: PDFText.isDigit).reversed()
            guard let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
            rest.removeLast(digits.count)
            found.append(number)
        }
        return (found[1], found[0])
    }

    /// Returns the value that follows after white space, and its end, or nil if there is none.
    private mutating func value(at offset: Int64) throws(UnpackingError) -> (PDFValue, Int64)? {
        for length in Self.valueLengths {
            let bytes = try file.bytes(at: offset, count: length)
            guard valueBudget > 0 else { throw UnpackingError(.malformed, "its objects overlap") }
            var parser = PDFParser(bytes, at: 0)
            do throws(PDFDictionary.Failure) {
                let items = try parser.items(until: .nothing, depth: 0)
                valueBudget -= Int64(parser.index)
                return items.first.map { ($0, offset + Int64(parser.index)) }
            } catch {
                valueBudget -= Int64(bytes.count)
                if error == .tooDeep {
                    errors.append(UnpackingError(.malformed, "a value of too many levels at \(offset)"))
                    return nil
                }
            }
            if bytes.count < length { return nil }
        }
        errors.append(UnpackingError(.malformed, "a value of more than \(Self.valueLengths.last!) bytes at \(offset)"))
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Removes white space from the end, and comments that fill the end of a line.
    fileprivate mutating func dropSpace() {
        while let last, PDFText.isSpace(last) {
            removeLast()
            guard last == 10 || last == 13 else { continue }
            let line = lastIndex { $0 == 10 || $0 == 13 }.map { $0 + 1 } ?? startIndex
            if let comment = self[line...].firstIndex(of: UInt8(ascii: "%")) { self = self[..<comment] }
        }
    }
}
