/// An object of a PDF, as far as the reading of a stream's dictionary needs it (ISO 32000-1, 7.3).
indirect enum PDFValue: Equatable {
    case name(String)
    case number(Int64)
    case boolean(Bool)
    /// The number of the object that stands for it.
    case reference(Int64)
    case array([PDFValue])
    case dictionary(PDFDictionary)
    /// A string, a real number, a word: nothing that a stream is read by.
    case other
}

/// A dictionary of a PDF. Escapes in names are undone.
struct PDFDictionary: Equatable {
    /// In the order in which they stand; hostile files give a key twice.
    private(set) var entries: [Entry] = []
    /// All names in it, keys and values, however deep, in their order.
    private(set) var names: [String] = []

    struct Entry: Equatable {
        let key: String
        let value: PDFValue
    }

    enum Failure: Error, Equatable {
        /// The bytes end before the dictionary does.
        case ends
        case tooDeep
    }

    /// Deeper than any stream's dictionary is, and shallow enough for the stack.
    static let deepest = 32

    init() {}

    /// Reads a dictionary as leniently as readers of PDF do: what makes no sense is passed over.
    ///
    /// - Parameter place: where `<<` stands; behind its `>>` afterwards.
    init(_ bytes: [UInt8], at place: inout Int) throws(Failure) {
        var reader = PDFReader(bytes: bytes, place: place + 2)
        let items = try reader.items(until: .dictionary, depth: 1)
        place = reader.place
        self.init(items)
        names = reader.names
    }

    fileprivate init(_ items: [PDFValue]) {
        var index = 0
        while index < items.count {
            guard case .name(let key) = items[index] else {
                index += 1
                continue
            }
            entries.append(Entry(key: key, value: index + 1 < items.count ? items[index + 1] : .other))
            index += 2
        }
    }

    /// The last one of this key.
    subscript(_ key: String) -> PDFValue? { entries.last { $0.key == key }?.value }

    func count(of key: String) -> Int { entries.count { $0.key == key } }
}

/// Reads the objects within a dictionary.
private struct PDFReader {
    let bytes: [UInt8]
    var place: Int
    var names: [String] = []

    enum Container { case dictionary, array }

    mutating func items(until container: Container, depth: Int) throws(PDFDictionary.Failure) -> [PDFValue] {
        guard depth <= PDFDictionary.deepest else { throw .tooDeep }
        var items: [PDFValue] = []
        while true {
            place = PDFText.skipSpace(bytes, from: place)
            guard place < bytes.count else { throw .ends }
            switch bytes[place] {
            case UInt8(ascii: "/"): items.append(try name())
            case UInt8(ascii: "("):
                try skipString()
                items.append(.other)
            case UInt8(ascii: "["):
                place += 1
                items.append(.array(try self.items(until: .array, depth: depth + 1)))
            case UInt8(ascii: "]"):
                place += 1
                if container == .array { return items }
            case UInt8(ascii: "<"):
                if try byte(place + 1) == UInt8(ascii: "<") {
                    place += 2
                    items.append(.dictionary(PDFDictionary(try self.items(until: .dictionary, depth: depth + 1))))
                } else {
                    try skip(to: UInt8(ascii: ">"))
                    items.append(.other)
                }
            case UInt8(ascii: ">"):
                let isEnd = try byte(place + 1) == UInt8(ascii: ">")
                // An array that is not closed ends with the dictionary around it, whose end stays to be read.
                if isEnd, container == .array { return items }
                place += isEnd ? 2 : 1
                if isEnd { return items }
            case let byte where PDFText.isDelimiter(byte): place += 1
            default: try word(into: &items)
            }
        }
    }

    private func byte(_ index: Int) throws(PDFDictionary.Failure) -> UInt8 {
        guard index < bytes.count else { throw .ends }
        return bytes[index]
    }

    private mutating func name() throws(PDFDictionary.Failure) -> PDFValue {
        place += 1
        var name: [UInt8] = []
        while try PDFText.isRegular(byte(place)) {
            if bytes[place] == UInt8(ascii: "#"), place + 2 < bytes.count,
                let high = PDFText.hex(bytes[place + 1]), let low = PDFText.hex(bytes[place + 2])
            {
                name.append(high << 4 | low)
                place += 3
            } else {
                name.append(bytes[place])
                place += 1
            }
        }
        let text = String(decoding: name, as: UTF8.self)
        names.append(text)
        return .name(text)
    }

    private mutating func skipString() throws(PDFDictionary.Failure) {
        var open = 0
        repeat {
            switch try byte(place) {
            case UInt8(ascii: "("): open += 1
            case UInt8(ascii: ")"): open -= 1
            case UInt8(ascii: "\\"): place += 1
            default: break
            }
            place += 1
        } while open > 0
    }

    private mutating func skip(to end: UInt8) throws(PDFDictionary.Failure) {
        while try byte(place) != end { place += 1 }
        place += 1
    }

    /// A number, or a word; `R` makes a reference of the two numbers before it.
    private mutating func word(into items: inout [PDFValue]) throws(PDFDictionary.Failure) {
        let start = place
        while try PDFText.isRegular(byte(place)) { place += 1 }
        let word = bytes[start..<place]
        if word.elementsEqual([UInt8(ascii: "R")]), items.count >= 2, case .number = items[items.count - 1],
            case .number(let object) = items[items.count - 2]
        {
            items.removeLast(2)
            items.append(.reference(object))
        } else if word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) {
            items.append(.boolean(word.first == UInt8(ascii: "t")))
        } else {
            items.append(Int64(String(decoding: word, as: UTF8.self)).map { .number($0) } ?? .other)
        }
    }
}

/// The classes of bytes that PDF is made of (ISO 32000-1, 7.2.2).
enum PDFText {
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) && byte != 11 || byte == 0 }

    static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "/"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    static func isRegular(_ byte: UInt8) -> Bool { !isSpace(byte) && !isDelimiter(byte) }

    static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// Behind white space and comments.
    static func skipSpace(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%") {
                while place < bytes.count, bytes[place] != 10, bytes[place] != 13 { place += 1 }
            } else if isSpace(bytes[place]) {
                place += 1
            } else {
                break
            }
        }
        return place
    }
}
