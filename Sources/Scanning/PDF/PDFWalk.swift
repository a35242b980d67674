import ScanProtocol
import Unpacking

/// A stream that the engine does not see as a reader does.
struct PDFStream: Equatable {
    let object: Int64
    /// Of its packed bytes, in the file.
    let extent: Range<Int64>
    let steps: [PDFStep]
}

/// Goes through a PDF for its streams, whose dictionaries always stand in plain text (ISO 32000-1, 7.3.8).
///
/// It goes by the words, not by the table of offsets: readers that find the table broken do the same, and what is found so
/// is more than what any table names. The bytes of a stream are looked at as well, since they may be another document.
struct PDFWalk {
    /// The engine's name for a PDF.
    static let type = "CL_TYPE_PDF"

    /// What cannot be seen, and why.
    private(set) var gaps: [ScanGap] = []
    /// Those to be undone and matched.
    private(set) var streams: [PDFStream] = []

    private let file: FileSlice
    private let hasTime: () -> Bool

    private var found: [Found] = []
    /// The first of `found` that no `endstream` was seen for.
    private var firstOpen = 0
    /// Objects that are numbers: a stream's length may be one.
    private var numbers: [Int64: Int64] = [:]
    private var lastObject: Int64?
    private var lastEnd: Int64 = -1
    private var isEncrypted = false
    /// Whether the dictionaries of the encryption leave the document's description plain; more than one must agree.
    private var isMetadataPlain: Bool?
    /// Bytes of dictionaries that may still be read: hostile ones overlap.
    private var budget: Int64

    private struct Found {
        let object: Int64
        let dictionary: PDFDictionary
        let start: Int64
        var end: Int64?
    }

    private static let blockLength = 1 << 18
    /// What is read at once of an object, and how much more where a dictionary does not end within that.
    private static let reaches = [1 << 10, 1 << 16, 1 << 22]
    private static let mostStreams = 200_000
    private static let mostNumbers = 1_000_000
    /// What stands at most before `obj`: two numbers and white space.
    private static let before = 32

    /// - Parameter hasTime: asked from time to time.
    init(_ descriptor: CInt, offset: Int64, size: Int64, hasTime: @escaping () -> Bool) {
        file = FileSlice(descriptor: descriptor, start: offset, size: size)
        self.hasTime = hasTime
        budget = 8 * size + 1 << 24
        guard collect() else { return }
        if let lastObject, lastEnd < lastObject {
            gaps.append(ScanGap(.truncated, "a PDF that does not end behind its last object"))
        }
        found.forEach { decide($0) }
    }

    // MARK: The words

    /// False where the walk had to stop.
    private mutating func collect() -> Bool {
        var place: Int64 = 0
        while place < file.size {
            guard hasTime() else { return stop(.outOfTime, "while the streams of a PDF were looked for") }
            guard let block = read(at: place, Self.blockLength + Self.before) else {
                return stop(.read, "a PDF of \(file.size) bytes")
            }
            for word in PDFWords(block, end: Self.blockLength) {
                guard take(word, at: place + Int64(word.place), block) else { return false }
            }
            place += Int64(Self.blockLength)
        }
        return true
    }

    private mutating func stop(_ kind: ScanGap.Kind, _ detail: String) -> Bool {
        gaps.append(ScanGap(kind, detail))
        return false
    }

    private mutating func take(_ word: PDFWords.Word, at place: Int64, _ block: [UInt8]) -> Bool {
        switch word.kind {
        case .object: return takeObject(at: place)
        case .trailer:
            guard let (dictionary, _) = dictionary(at: place + 7) else { return gaps.isEmpty }
            if dictionary["Encrypt"] != nil { isEncrypted = true }
        case .endOfStream:
            while firstOpen < found.count {
                found[firstOpen].end = place
                firstOpen += 1
            }
        case .end: lastEnd = place
        }
        return true
    }

    private mutating func takeObject(at place: Int64) -> Bool {
        let start = max(0, place - Int64(Self.before))
        guard let head = read(at: start, Int(place - start)), let object = Self.objectNumber(before: head) else {
            return true
        }
        lastObject = place
        guard let (dictionary, end) = dictionary(at: place + 3) else {
            if gaps.isEmpty { takeNumber(object, at: place + 3) }
            return gaps.isEmpty
        }
        if dictionary["Filter"] == .name("Standard") {
            isMetadataPlain = isMetadataPlain != false && dictionary["EncryptMetadata"] == .boolean(false)
        }
        guard let behind = read(at: end, 64) else { return true }
        let word = PDFText.skipSpace(behind, from: 0)
        guard behind.count >= word + 6, behind[word..<word + 6].elementsEqual("stream".utf8) else { return true }
        var data = word + 6
        // A line's end, of one byte or two, belongs to the word.
        if behind.count > data, behind[data] == 13 { data += 1 }
        if behind.count > data, behind[data] == 10 { data += 1 }
        if dictionary["Type"] == .name("XRef"), dictionary["Encrypt"] != nil { isEncrypted = true }
        guard found.count < Self.mostStreams else {
            return stop(.tooManyFiles, "more than \(Self.mostStreams) streams in a PDF")
        }
        found.append(Found(object: object, dictionary: dictionary, start: end + Int64(data)))
        return hasTime() ? true : stop(.outOfTime, "while the streams of a PDF were looked for")
    }

    private mutating func takeNumber(_ object: Int64, at place: Int64) {
        guard numbers.count < Self.mostNumbers, let bytes = read(at: place, 40) else { return }
        let start = PDFText.skipSpace(bytes, from: 0)
        let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
        if let number = Int64(String(decoding: digits, as: UTF8.self)) { numbers[object] = number }
    }

    /// The object's number of `5 0 obj`, from the bytes before the word; nil where there is none.
    private static func objectNumber(before bytes: [UInt8]) -> Int64? {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        var rest = bytes[...]
        while let last = rest.last, PDFText.isSpace(last) { rest.removeLast() }
        guard let last = rest.last, isDigit(last) else { return nil }
        while let last = rest.last, isDigit(last) { rest.removeLast() }
        while let last = rest.last, PDFText.isSpace(last) { rest.removeLast() }
        let digits = rest.reversed().prefix(while: isDigit).reversed()
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// The dictionary that begins behind white space, and where it ends; nil where there is none.
    private mutating func dictionary(at place: Int64) -> (PDFDictionary, Int64)? {
        for reach in Self.reaches {
            guard let bytes = read(at: place, reach) else { return nil }
            var index = PDFText.skipSpace(bytes, from: 0)
            let isStart =
                index + 1 < bytes.count && bytes[index] == UInt8(ascii: "<") && bytes[index + 1] == bytes[index]
            // Behind a long comment it may begin later on.
            if !isStart, index + 1 < bytes.count { return nil }
            if isStart {
                guard budget > 0 else {
                    gaps.append(ScanGap(.malformed, "a PDF whose dictionaries lie in one another"))
                    return nil
                }
                do throws(PDFDictionary.Failure) {
                    let dictionary = try PDFDictionary(bytes, at: &index)
                    budget -= Int64(index)
                    return (dictionary, place + Int64(index))
                } catch {
                    budget -= Int64(bytes.count)
                    if error == .tooDeep {
                        gaps.append(ScanGap(.malformed, "a PDF with a dictionary of too many levels"))
                        return nil
                    }
                }
            }
            if bytes.count < reach { break }
            if reach == Self.reaches.last {
                gaps.append(ScanGap(.malformed, "a PDF with a dictionary of more than \(reach) bytes"))
            }
        }
        return nil
    }

    // MARK: The streams

    private mutating func decide(_ stream: Found) {
        let end = end(of: stream)
        if end == nil, stream.start < file.size || Self.length(of: stream.dictionary) != 0 {
            gaps.append(ScanGap(.truncated, "a PDF that ends within object \(stream.object)"))
        }
        let range = stream.start..<max(stream.start, end ?? file.size)
        guard !range.isEmpty else { return }
        let view = PDFStreamView(stream.dictionary)
        let isTable = stream.dictionary["Type"] == .name("XRef")
        switch view {
        case .picture: break
        case .seen:
            // The engine has the key, and uses it where it undoes a filter.
            let isPlain = isTable || isMetadataPlain == true && stream.dictionary["Type"] == .name("Metadata")
            guard isEncrypted, !isPlain, PDFStreamView.hasNoFilter(stream.dictionary) else { break }
            gaps.append(ScanGap(.encrypted, "object \(stream.object) of a PDF, a stream without a filter"))
        case .undo(let steps):
            if isEncrypted, !isTable {
                gaps.append(ScanGap(.encrypted, "object \(stream.object) of a PDF"))
            } else {
                streams.append(PDFStream(object: stream.object, extent: range, steps: steps))
            }
        case .unknown(let why): gaps.append(ScanGap(.method, "object \(stream.object) of a PDF \(why)"))
        }
    }

    /// Where a stream's length leads to its end, that is it; else the first word that says so.
    private func end(of stream: Found) -> Int64? {
        var length = Self.length(of: stream.dictionary)
        if case .reference(let object) = stream.dictionary["Length"] { length = numbers[object] }
        if let length, length >= 0, length <= file.size - stream.start {
            let bytes = read(at: stream.start + length, 32) ?? []
            if bytes[PDFText.skipSpace(bytes, from: 0)...].starts(with: "endstream".utf8) {
                return stream.start + length
            }
        } else if Self.length(of: stream.dictionary) != nil {
            return nil
        }
        return stream.end
    }

    private static func length(of dictionary: PDFDictionary) -> Int64? {
        if case .number(let number) = dictionary["Length"] { number } else { nil }
    }

    /// Bytes of the document; fewer at its end, nil where they cannot be read.
    private func read(at place: Int64, _ count: Int) -> [UInt8]? {
        try? file.bytes(at: place, count: count)
    }
}

extension PDFStreamView {
    static func hasNoFilter(_ dictionary: PDFDictionary) -> Bool {
        !dictionary.names.contains { PDFFilter(name: $0) != nil }
    }
}

/// The words by which a PDF's objects are found, in one block of it.
struct PDFWords: Sequence, IteratorProtocol {
    enum Kind { case object, trailer, endOfStream, end }

    struct Word {
        let kind: Kind
        let place: Int
    }

    private let bytes: [UInt8]
    private let end: Int
    private var place = 0

    /// - Parameter end: words that begin here or later are the next block's.
    init(_ bytes: [UInt8], end: Int) {
        self.bytes = bytes
        self.end = Swift.min(end, bytes.count)
    }

    mutating func next() -> Word? {
        while place < end {
            let start = place
            place += 1
            switch bytes[start] {
            case UInt8(ascii: "o") where says("obj", start):
                // Not the end of `endobj`.
                if start >= 3, says("end", start - 3) { continue }
                return Word(kind: .object, place: start)
            case UInt8(ascii: "e") where says("endstream", start): return Word(kind: .endOfStream, place: start)
            case UInt8(ascii: "t") where says("trailer", start): return Word(kind: .trailer, place: start)
            case UInt8(ascii: "s") where says("startxref", start): return Word(kind: .end, place: start)
            case UInt8(ascii: "%") where says("%%EOF", start): return Word(kind: .end, place: start)
            default: continue
            }
        }
        return nil
    }

    private func says(_ word: StaticString, _ start: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return word.withUTF8Buffer { text in
            (0..<count).allSatisfy { unsafe bytes[start + $0] == text[$0] }
        }
    }
}
