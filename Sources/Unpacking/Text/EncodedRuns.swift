/// Finds bytes that a text carries: base64 in the elements of XML (Word 2003, flat OPC, flat ODF, XFA, FictionBook,
/// property lists, XML-RPC), `data:` addresses (RFC 2397) in pages, drawings, style sheets and scripts, and base64 of
/// files with a magic number, wherever it stands.
struct EncodedRuns {
    /// A stretch of a text that holds encoded bytes.
    struct Run: Equatable {
        enum Kind: Equatable {
            /// The text of an element. Comments and the marks of `CDATA` in it do not count.
            case element
            /// An address or a value in base64, up to this quotation mark or comma if one stands before it.
            case base64(quote: UInt8?)
            /// A long string of base64 between these quotation marks, as JSON and programs have it.
            case quoted(UInt8)
            /// An address in which bytes stand as `%41` or as they are.
            case percent(quote: UInt8?)
            /// The value of an attribute that is an address with references to characters, tabs or line ends in it, up
            /// to this quotation mark, or to a blank.
            case attribute(quote: UInt8?)
            /// Base64 that begins with a magic number, behind so many slashes. The first bytes are not the file's.
            case marked(slashes: Int, omitted: Int)
        }

        let start: Int64
        let kind: Kind
        /// Whether nothing declares that the text is base64.
        let isGuess: Bool
    }

    let text: TextBytes
    /// Whether the text is made of elements.
    private let hasElements: Bool
    private var position: Int64 = 0
    private var pending: ArraySlice<Run> = []

    /// Fewer characters hold nothing that is worth a part.
    private static let fewest = 24
    /// The numbers of digits of a hash in a property list.
    private static let hashes = Set(BinaryPlistOpener.hashes.map { ($0 * 8 + 5) / 6 })
    /// How much of an element's text decides.
    private static let sampleLength = 256
    /// The same of a string, with all that is escaped in it.
    private static let longestSample = 2048
    /// The most characters of a media type with its parameters, of an element's start, or of the blanks in its text.
    private static let reach = 1024
    private static let blockLength = 1 << 16
    private static let headLength = 1024
    private static let address = Array("data:".utf8)
    private static let comment = Array("<!--".utf8)
    private static let data = Array("<![CDATA[".utf8)
    /// What an entity has beside letters and digits, and padding.
    private static let skipped = Array("&#;=".utf8)
    /// What exiftool sets before a value that is no text, in JSON and CSV.
    private static let prefix = Array("base64:".utf8)
    /// Elements whose text is base64 by their format.
    private static let carriers: Set<String> = [
        "bindata", "binarydata", "binary-data", "binary", "chunk", "data", "base64", "base64binary",
    ]
    /// Attributes of XMP whose value is base64, as exiftool decodes them (ExifTool, "XMP Tags").
    private static let attributes: Set<String> = [
        "data", "image", "confidence", "hdrp_makernote", "shot_log_data", "portraitrequest", "rightalbedo",
    ]

    init(_ layer: FileSlice) throws(UnpackingError) {
        let text = try TextBytes(layer)
        self.init(text, head: try text.bytes(at: 0, count: Self.headLength))
    }

    private init(_ text: TextBytes, head: [UInt8]) {
        self.text = text
        let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        hasElements = head.dropFirst(start).first { $0 > 0x20 && $0 != 0xFF && $0 != 0xFE && $0 != 0x7F } == 0x3C
    }

    /// Whether a layer is a text that carries bytes.
    static func areIn(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        let text = try TextBytes(layer)
        let head = try text.bytes(at: 0, count: headLength)
        var runs = EncodedRuns(text, head: head)
        // Readers of pages pass over control characters.
        let isText = runs.hasElements || !head.contains { $0 < 9 || (0x0E...0x1A).contains($0) }
        guard isText, head.count >= fewest else { return false }
        return try runs.next() != nil
    }

    mutating func next() throws(UnpackingError) -> Run? {
        while pending.isEmpty, position < text.count {
            // What begins near the block's end is seen whole with the next one.
            let before = Int(min(position, Int64(Self.reach)))
            let block = try text.bytes(at: position - Int64(before), count: before + Self.blockLength + Self.reach)
            let isLast = position - Int64(before) + Int64(block.count) >= text.count
            let end = isLast ? block.count : before + Self.blockLength
            pending = Self.runs(in: block, before..<end, at: position - Int64(before), hasElements)[...]
            position += Int64(max(1, end - before))
        }
        return pending.popFirst()
    }

    private static func runs(
        in block: [UInt8], _ range: Range<Int>, at offset: Int64, _ hasElements: Bool
    ) -> [Run] {
        var found: [Run] = []
        // An element whose text begins behind a further `>`: where it starts, that place, and whether it holds base64.
        var element: (start: Int, end: Int, isCarrier: Bool)?
        let isFirst = EncodedHeads.isFirst
        for index in range {
            let byte = block[index]
            if isFirst[Int(byte)] {
                if let kind = EncodedHeads.run(in: block, at: index) {
                    found.append(Run(start: offset + Int64(index), kind: kind, isGuess: true))
                }
            } else if byte == 0x3E, hasElements {
                let outer = element.flatMap { $0.end == index ? $0 : nil }
                let start = outer?.start ?? index + 1
                let isCarrier = outer?.isCarrier == true || isCarrier(block, end: index)
                switch elementText(block, from: index + 1, isCarrier: isCarrier) {
                case .data: found.append(Run(start: offset + Int64(start), kind: .element, isGuess: !isCarrier))
                // Of a mark in a comment, the element around that is kept.
                case .beginsBehind(let end) where (element?.end ?? 0) <= index: element = (start, end, isCarrier)
                case .beginsBehind, .other: break
                }
            } else if byte == 0x3D {
                if let (start, quote) = writtenAddress(block, equals: index) {
                    found.append(Run(start: offset + Int64(start), kind: .attribute(quote: quote), isGuess: false))
                }
            } else if byte == 0x22 || byte == 0x27 {
                let isData = isLongString(block, from: index + 1) || isNamedByType(block, quote: index)
                if isData || hasElements && isAttributeData(block, quote: index) {
                    found.append(Run(start: offset + Int64(index + 1), kind: .quoted(byte), isGuess: true))
                }
            } else if byte == 0x3A {
                if let (start, kind) = addressData(block, colon: index) {
                    found.append(Run(start: offset + Int64(start), kind: kind, isGuess: false))
                } else if let kind = markedData(block, colon: index) {
                    found.append(Run(start: offset + Int64(index + 1), kind: kind, isGuess: true))
                }
            }
        }
        return found
    }

    /// Whether a string begins with many digits, of both cases and numbers among them. Escaped line ends and slashes
    /// may stand between.
    private static func isLongString(_ block: [UInt8], from start: Int) -> Bool {
        var (count, index, classes) = (0, start, UInt8(0))
        let last = min(block.count, start + longestSample)
        while index < last, count < sampleLength {
            let byte = block[index]
            if byte == 0x5C, index + 1 < block.count {
                index += block[index + 1] == 0x75 ? 6 : 2
                continue
            }
            guard Base64.values[Int(byte)] < 64 else { return false }
            // Upper case, lower case, or a digit or sign.
            classes |= byte < 0x41 ? 1 : byte & 0x20 == 0 ? 2 : 4
            count += 1
            index += 1
        }
        return count >= sampleLength && classes == 7
    }

    /// Whether a string of JSON holds a file in base64 by its name, which is a media type, as in notebooks of Jupyter
    /// ("The Notebook file format", display data).
    private static func isNamedByType(_ block: [UInt8], quote: Int) -> Bool {
        var name = block[max(0, quote - 128)..<quote].reversed().drop { $0 <= 0x20 }
        guard name.popFirst() == 0x3A else { return false }
        name = name.drop { $0 <= 0x20 }
        guard name.popFirst() == 0x22, name.prefix(while: { $0 != 0x22 }).contains(0x2F) else { return false }
        let value = block[(quote + 1)...].prefix(sampleLength)
        let digits = value.prefix { Base64.values[Int($0)] < 64 || $0 == 0x3D }
        let isWhole = digits.count == value.count || [0x22, 0x5C].contains(block[digits.endIndex])
        return digits.count >= fewest && isWhole
    }

    /// Whether the value of an attribute that is known to hold base64 begins at a quotation mark. Blanks and entities
    /// may stand between its digits.
    private static func isAttributeData(_ block: [UInt8], quote: Int) -> Bool {
        var before = block[max(0, quote - 64)..<quote].reversed().drop { $0 <= 0x20 }
        guard before.popFirst() == 0x3D else { return false }
        let name = before.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != 0x3A && $0 != 0x3C }
        guard attributes.contains(String(decoding: name.reversed(), as: UTF8.self).lowercased()) else { return false }
        var count = 0
        for byte in block[(quote + 1)...].prefix(reach) where byte > 0x20 && !skipped.contains(byte) {
            guard Base64.values[Int(byte)] < 64 else { return byte == block[quote] && count >= fewest }
            count += 1
            if count >= sampleLength { return true }
        }
        return count >= fewest
    }

    /// The kind of a value that `base64:` precedes, from its colon on. In CSV it ends with the field.
    private static func markedData(_ block: [UInt8], colon: Int) -> Run.Kind? {
        let start = colon + 1 - prefix.count
        guard start > 0, block[start...colon].elementsEqual(prefix) else { return nil }
        let sample = block[(colon + 1)...].prefix(fewest)
        guard sample.count == fewest, sample.allSatisfy({ Base64.values[Int($0)] < 64 }) else { return nil }
        let before = block[start - 1]
        return [0x22, 0x27, 0x2C].contains(before) ? .base64(quote: before) : nil
    }

    /// What an element's text begins with.
    private enum ElementText {
        case data
        /// Nothing up to this `>`, which stands there by itself, or ends a comment or an instruction.
        case beginsBehind(Int)
        case other
    }

    /// Whether an element's text begins with base64. In an element that is not known to hold it, the words have to be
    /// longer than those of a language, or all of one length, and no hexadecimal numbers.
    private static func elementText(_ block: [UInt8], from start: Int, isCarrier: Bool) -> ElementText {
        var (count, index) = (0, start)
        // How many words have begun, and their lengths: the first one's, the last one's, and whether those that have
        // ended are equal, without the last of them and with it.
        var (words, first, last, areEqual) = (1, 0, 0, (before: true, all: true))
        var classes: CharacterClasses = []
        sample: while index < block.count, count < sampleLength {
            let byte = block[index]
            switch byte {
            case 0x3C:
                guard index + 1 < block.count, block[index + 1] == 0x21 || block[index + 1] == 0x3F,
                    let end = endOfMark(block, index)
                else { break sample }
                // What follows is the same for this end as for the element's.
                if count == 0, block[end] == 0x3E { return .beginsBehind(end) }
                index = end
            case 0x3E: if count == 0 { return .beginsBehind(index) }
            case 0x26, 0x5D, 0x3D: break
            case ...0x20:
                if last > 0 {
                    if words == 1 { first = last }
                    areEqual = (areEqual.all, areEqual.all && last == first)
                    (words, last) = (words + 1, 0)
                }
            default:
                guard Base64Reader.value(of: byte) != nil || byte == 0x23 || byte == 0x3B else { return .other }
                count += 1
                last += 1
                classes.formUnion(CharacterClasses(byte))
            }
            index += 1
        }
        guard count >= fewest, !hashes.contains(count) else { return .other }
        if isCarrier { return .data }
        if words == 1 { first = last }
        let isRegular = last == 0 ? areEqual.before : areEqual.all
        if last == 0 { words -= 1 }
        if classes == [.digit, .upperHexadecimal] || classes == [.digit, .lowerHexadecimal] { return .other }
        return count >= 12 * words || first % 4 == 0 && words > 3 && isRegular ? .data : .other
    }

    private struct CharacterClasses: OptionSet {
        let rawValue: UInt8

        static let digit = CharacterClasses(rawValue: 1)
        static let upperHexadecimal = CharacterClasses(rawValue: 2)
        static let lowerHexadecimal = CharacterClasses(rawValue: 4)
        static let other = CharacterClasses(rawValue: 8)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ byte: UInt8) {
            switch byte {
            case 0x30...0x39: self = .digit
            case 0x41...0x46: self = .upperHexadecimal
            case 0x61...0x66: self = .lowerHexadecimal
            default: self = .other
            }
        }
    }

    /// The last index of a comment, an instruction or the start of `CDATA`. Nil if it is further away than one may be.
    private static func endOfMark(_ block: [UInt8], _ start: Int) -> Int? {
        let mark = block[start...]
        if mark.starts(with: data) { return start + data.count - 1 }
        guard mark.starts(with: comment) else { return mark.firstIndex(of: 0x3E) }
        let last = min(block.count, start + reach)
        var index = start + comment.count + 2
        while index < last {
            if block[index] == 0x3E, block[index - 1] == 0x2D, block[index - 2] == 0x2D { return index }
            index += 1
        }
        return nil
    }

    /// Whether the element whose start tag ends at an index is known to hold base64.
    private static func isCarrier(_ block: [UInt8], end: Int) -> Bool {
        guard let start = block[max(0, end - reach)..<end].lastIndex(of: 0x3C) else { return false }
        let name = block[(start + 1)..<end].prefix { $0 > 0x20 && $0 != 0x2F && $0 != 0x3E }
        let local = name.lastIndex(of: 0x3A).map { name[($0 + 1)...] } ?? name
        return carriers.contains(String(decoding: local, as: UTF8.self).lowercased())
    }

    /// The start of an attribute's value, and its quotation mark, if it is an address that is written in another way
    /// than `addressData` reads.
    private static func writtenAddress(_ block: [UInt8], equals: Int) -> (Int, UInt8?)? {
        let value = block[(equals + 1)...].prefix(reach)
        guard var start = value.firstIndex(where: { $0 > 0x20 }) else { return nil }
        let quote = block[start] == 0x22 || block[start] == 0x27 ? block[start] : nil
        if quote != nil { start += 1 }
        guard let first = value[start...].first(where: { $0 > 0x20 }), first | 0x20 == 0x64 || first == 0x26 else {
            return nil
        }
        // What `addressData` reads has none of these before its comma.
        guard value[start...].prefix(while: { $0 != 0x2C }).contains(where: { $0 == 0x26 || $0 < 0x20 }) else {
            return nil
        }
        var decoder = RunDecoder(.attribute(quote: quote))
        let length = decoder.add(Array(value[start...]))
        guard decoder.hasAddress else { return nil }
        let written = value[start..<(start + length)].drop { $0 <= 0x20 }
        let head = written.prefix { $0 != 0x2C }
        return head.count == written.count || head.contains { $0 == 0x26 || $0 < 0x20 } ? (start, quote) : nil
    }

    /// The start of an address's data, from the colon of `data:` on.
    private static func addressData(_ block: [UInt8], colon: Int) -> (Int, Run.Kind)? {
        guard colon >= 4, zip(block[(colon - 4)...], address).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
        let before = colon > 4 ? block[colon - 5] : 0
        let quote = before == 0x22 || before == 0x27 ? before : nil
        var head: [UInt8] = []
        for index in (colon + 1)..<min(block.count, colon + reach) {
            let byte = block[index]
            if byte == 0x2C {
                guard head.isEmpty || head[0] == 0x3B || head.contains(0x2F) else { return nil }
                let type = String(decoding: head, as: UTF8.self).lowercased().filter { !$0.isWhitespace }
                return (index + 1, type.hasSuffix(";base64") ? .base64(quote: quote) : .percent(quote: quote))
            }
            // A media type has no brackets.
            guard byte == 9 || byte == 0x0A || byte == 0x0D || byte >= 0x20 && byte < 0x7F,
                !Array("<>(){}".utf8).contains(byte), byte != quote
            else { return nil }
            head.append(byte)
        }
        return nil
    }
}
