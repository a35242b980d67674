import ScanProtocol
import Unpacking

/// A stream that the engine does not decode as a reader does.
struct PDFStream: Equatable {
    let object: Int64
    /// The range of its encoded bytes in the file.
    let extent: Range<Int64>
    let steps: [PDFFilterStep]
}

/// Finds the streams of a PDF, whose dictionaries are always plain text (ISO 32000-1, 7.3.8).
///
/// It searches for keywords and ignores the cross-reference table: readers do the same if the table is broken, and the
/// search finds more than any table lists. The bytes of streams are searched as well, since they may contain another
/// document.
struct PDFStreamFinder {
    /// The engine's name for a PDF.
    static let type = "CL_TYPE_PDF"

    /// What cannot be inspected, and why.
    private(set) var gaps: [ScanGap] = []
    /// The streams to decode and match.
    private(set) var streams: [PDFStream] = []

    private let file: FileSlice
    private let hasTime: () -> Bool

    private var found: [Found] = []
    /// The index of the first of `found` whose `endstream` was not found yet.
    private var firstOpen = 0
    /// The objects that are numbers: a stream's length may refer to one.
    private var numbers: [Int64: Int64] = [:]
    private var lastObject: Int64?
    private var lastEnd: Int64 = -1
    private var isEncrypted = false
    /// Whether all encryption dictionaries leave the document's metadata unencrypted. Nil without one.
    private var isMetadataPlain: Bool?
    /// How many bytes of dictionaries may still be parsed: hostile ones overlap.
    private var dictionaryBudget: Int64

    private struct Found {
        let object: Int64
        let dictionary: PDFDictionary
        let start: Int64
        var end: Int64?
    }

    private static let blockLength = 1 << 18
    /// The lengths that are read of a dictionary, one after the other until it ends.
    private static let dictionaryLengths = [1 << 10, 1 << 16, 1 << 22]
    private static let maximumStreams = 200_000
    private static let maximumNumbers = 1_000_000
    /// The most bytes that are read before `obj`: two numbers and white space.
    private static let prefixLength = 32

    /// - Parameter hasTime: called repeatedly. The search stops when it returns false.
    init(_ descriptor: CInt, offset: Int64, size: Int64, hasTime: @escaping () -> Bool) {
        file = FileSlice(descriptor: descriptor, start: offset, size: size)
        self.hasTime = hasTime
        dictionaryBudget = 8 * size + 1 << 24
        guard collect() else { return }
        if let lastObject, lastEnd < lastObject {
            gaps.append(ScanGap(.truncated, "a PDF without an end after its last object"))
        }
        found.forEach { treat($0) }
    }

    // MARK: Keywords

    /// Returns false if the search had to stop.
    private mutating func collect() -> Bool {
        var offset: Int64 = 0
        while offset < file.size {
            guard hasTime() else { return stop(.outOfTime, "while the streams of a PDF were searched") }
            guard let block = read(at: offset, Self.blockLength + Self.prefixLength) else {
                return stop(.read, "a PDF of \(file.size) bytes")
            }
            for keyword in PDFKeywords(block, end: Self.blockLength) {
                guard take(keyword, at: offset + Int64(keyword.index), block) else { return false }
            }
            offset += Int64(Self.blockLength)
        }
        return true
    }

    private mutating func stop(_ kind: ScanGap.Kind, _ detail: String) -> Bool {
        gaps.append(ScanGap(kind, detail))
        return false
    }

    private mutating func take(_ keyword: PDFKeywords.Keyword, at offset: Int64, _ block: [UInt8]) -> Bool {
        switch keyword.kind {
        case .object: return takeObject(at: offset)
        case .trailer:
            guard let (dictionary, _) = dictionary(at: offset + 7) else { return gaps.isEmpty }
            if dictionary["Encrypt"] != nil { isEncrypted = true }
        case .endOfStream:
            while firstOpen < found.count {
                found[firstOpen].end = offset
                firstOpen += 1
            }
        case .end: lastEnd = offset
        }
        return true
    }

    private mutating func takeObject(at offset: Int64) -> Bool {
        let start = max(0, offset - Int64(Self.prefixLength))
        guard let head = read(at: start, Int(offset - start)), let object = Self.objectNumber(before: head) else {
            return true
        }
        lastObject = offset
        guard let (dictionary, end) = dictionary(at: offset + 3) else {
            if gaps.isEmpty { takeNumber(object, at: offset + 3) }
            return gaps.isEmpty
        }
        if dictionary["Filter"] == .name("Standard") {
            isMetadataPlain = isMetadataPlain != false && dictionary["EncryptMetadata"] == .boolean(false)
        }
        guard let next = read(at: end, 64) else { return true }
        let keyword = PDFText.skipSpace(next, from: 0)
        guard next.count >= keyword + 6, next[keyword..<keyword + 6].elementsEqual("stream".utf8) else { return true }
        var data = keyword + 6
        // The line end after the keyword, one byte or two, is not data.
        if next.count > data, next[data] == 13 { data += 1 }
        if next.count > data, next[data] == 10 { data += 1 }
        if dictionary["Type"] == .name("XRef"), dictionary["Encrypt"] != nil { isEncrypted = true }
        guard found.count < Self.maximumStreams else {
            return stop(.tooManyFiles, "more than \(Self.maximumStreams) streams in a PDF")
        }
        found.append(Found(object: object, dictionary: dictionary, start: end + Int64(data)))
        return hasTime() ? true : stop(.outOfTime, "while the streams of a PDF were searched")
    }

    private mutating func takeNumber(_ object: Int64, at offset: Int64) {
        guard numbers.count < Self.maximumNumbers, let bytes = read(at: offset, 40) else { return }
        let start = PDFText.skipSpace(bytes, from: 0)
        let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
        if let number = Int64(String(decoding: digits, as: UTF8.self)) { numbers[object] = number }
    }

    /// Returns the object number of `5 0 obj` from the bytes before the keyword, or nil.
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

    /// Returns the dictionary that follows after white space, and its end, or nil.
    private mutating func dictionary(at offset: Int64) -> (PDFDictionary, Int64)? {
        for length in Self.dictionaryLengths {
            guard let bytes = read(at: offset, length) else { return nil }
            var index = PDFText.skipSpace(bytes, from: 0)
            let isStart =
                index + 1 < bytes.count && bytes[index] == UInt8(ascii: "<") && bytes[index + 1] == bytes[index]
            // It may begin after a long comment.
            if !isStart, index + 1 < bytes.count { return nil }
            if isStart {
                guard dictionaryBudget > 0 else {
                    gaps.append(ScanGap(.malformed, "a PDF whose dictionaries overlap"))
                    return nil
                }
                do throws(PDFDictionary.Failure) {
                    let dictionary = try PDFDictionary(bytes, at: &index)
                    dictionaryBudget -= Int64(index)
                    return (dictionary, offset + Int64(index))
                } catch {
                    dictionaryBudget -= Int64(bytes.count)
                    if error == .tooDeep {
                        gaps.append(ScanGap(.malformed, "a PDF with a dictionary of too many levels"))
                        return nil
                    }
                }
            }
            if bytes.count < length { break }
            if length == Self.dictionaryLengths.last {
                gaps.append(ScanGap(.malformed, "a PDF with a dictionary of more than \(length) bytes"))
            }
        }
        return nil
    }

    // MARK: Streams

    private mutating func treat(_ stream: Found) {
        let end = end(of: stream)
        if end == nil, stream.start < file.size || Self.length(of: stream.dictionary) != 0 {
            gaps.append(ScanGap(.truncated, "a PDF that ends within object \(stream.object)"))
        }
        let range = stream.start..<max(stream.start, end ?? file.size)
        guard !range.isEmpty else { return }
        let treatment = PDFStreamTreatment(stream.dictionary)
        let isTable = stream.dictionary["Type"] == .name("XRef")
        switch treatment {
        case .image: break
        case .engineDecodes:
            // The engine decrypts, but only streams with a filter.
            let isPlain = isTable || isMetadataPlain == true && stream.dictionary["Type"] == .name("Metadata")
            guard isEncrypted, !isPlain, PDFStreamTreatment.hasNoFilter(stream.dictionary) else { break }
            gaps.append(ScanGap(.encrypted, "object \(stream.object) of a PDF, a stream without a filter"))
        case .decode(let steps):
            if isEncrypted, !isTable {
                gaps.append(ScanGap(.encrypted, "object \(stream.object) of a PDF"))
            } else {
                streams.append(PDFStream(object: stream.object, extent: range, steps: steps))
            }
        case .unsupported(let reason): gaps.append(ScanGap(.method, "object \(stream.object) of a PDF \(reason)"))
        }
    }

    /// Returns the end that the stream's length gives if `endstream` follows there, or else the first `endstream`.
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

    /// Returns bytes of the document: fewer at its end, nil if they cannot be read.
    private func read(at offset: Int64, _ count: Int) -> [UInt8]? {
        try? file.bytes(at: offset, count: count)
    }
}

extension PDFStreamTreatment {
    static func hasNoFilter(_ dictionary: PDFDictionary) -> Bool {
        !dictionary.names.contains { PDFFilter(name: $0) != nil }
    }
}
