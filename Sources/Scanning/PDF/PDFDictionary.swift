/// A value in a PDF dictionary (ISO 32000-1, 7.3), as far as a stream's dictionary needs it.
indirect enum PDFValue: Equatable {
    case name(String)
    case number(Int64)
    case boolean(Bool)
    /// An indirect reference, by object number.
    case reference(Int64)
    case array([PDFValue])
    case dictionary(PDFDictionary)
    /// A string, a real number or a keyword: no stream depends on these.
    case other
}

/// A PDF dictionary. Escapes in names are decoded.
struct PDFDictionary: Equatable {
    /// The entries in file order. Hostile files give a key twice.
    private(set) var entries: [Entry] = []
    /// All names in it in file order: keys and values, at any depth.
    private(set) var names: [String] = []

    struct Entry: Equatable {
        let key: String
        let value: PDFValue
    }

    enum Failure: Error, Equatable {
        /// The bytes end before the dictionary does.
        case truncated
        case tooDeep
    }

    /// Deeper than any real stream's dictionary, and shallow enough for the stack.
    static let maximumDepth = 32

    init() {}

    /// Parses a dictionary as leniently as readers of PDF do: invalid tokens are skipped.
    ///
    /// - Parameter index: of `<<`; afterwards, the index after its `>>`.
    init(_ bytes: [UInt8], at index: inout Int) throws(Failure) {
        var parser = PDFParser(bytes: bytes, index: index + 2)
        let items = try parser.items(until: .dictionary, depth: 1)
        index = parser.index
        self.init(items)
        names = parser.names
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

    /// The last value of this key.
    subscript(_ key: String) -> PDFValue? { entries.last { $0.key == key }?.value }

    func count(of key: String) -> Int { entries.count { $0.key == key } }
}

/// Parses the values within a dictionary.
private struct PDFParser {
    let bytes: [UInt8]
    var index: Int
    var names: [String] = []

    enum Container { case dictionary, array }

    mutating func items(until container: Container, depth: Int) throws(PDFDictionary.Failure) -> [PDFValue] {
        guard depth <= PDFDictionary.maximumDepth else { throw .tooDeep }
        var items: [PDFValue] = []
        while true {
            index = PDFText.skipSpace(bytes, from: index)
            guard index < bytes.count else { throw .truncated }
            switch bytes[index] {
            case UInt8(ascii: "/"): items.append(try name())
            case UInt8(ascii: "("):
                try skipString()
                items.append(.other)
            case UInt8(ascii: "["):
                index += 1
                items.append(.array(try self.items(until: .array, depth: depth + 1)))
            case UInt8(ascii: "]"):
                index += 1
                if container == .array { return items }
            case UInt8(ascii: "<"):
                if try byte(index + 1) == UInt8(ascii: "<") {
                    index += 2
                    items.append(.dictionary(PDFDictionary(try self.items(until: .dictionary, depth: depth + 1))))
                } else {
                    try skip(to: UInt8(ascii: ">"))
                    items.append(.other)
                }
            case UInt8(ascii: ">"):
                let isEnd = try byte(index + 1) == UInt8(ascii: ">")
                // An unclosed array ends with the dictionary around it. Its `>>` is left for the dictionary.
                if isEnd, container == .array { return items }
                index += isEnd ? 2 : 1
                if isEnd { return items }
            case let byte where PDFText.isDelimiter(byte): index += 1
            default: try keyword(into: &items)
            }
        }
    }

    private func byte(_ index: Int) throws(PDFDictionary.Failure) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        return bytes[index]
    }

    private mutating func name() throws(PDFDictionary.Failure) -> PDFValue {
        index += 1
        var name: [UInt8] = []
        while try PDFText.isRegular(byte(index)) {
            if bytes[index] == UInt8(ascii: "#"), index + 2 < bytes.count,
                let high = PDFText.hex(bytes[index + 1]), let low = PDFText.hex(bytes[index + 2])
            {
                name.append(high << 4 | low)
                index += 3
            } else {
                name.append(bytes[index])
                index += 1
            }
        }
        let text = String(decoding: name, as: UTF8.self)
        names.append(text)
        return .name(text)
    }

    private mutating func skipString() throws(PDFDictionary.Failure) {
        var open = 0
        repeat {
            switch try byte(index) {
            case UInt8(ascii: "("): open += 1
            case UInt8(ascii: ")"): open -= 1
            case UInt8(ascii: "\\"): index += 1
            default: break
            }
            index += 1
        } while open > 0
    }

    private mutating func skip(to end: UInt8) throws(PDFDictionary.Failure) {
        while try byte(index) != end { index += 1 }
        index += 1
    }

    /// A number or a keyword. `R` turns the two numbers before it into a reference.
    private mutating func keyword(into items: inout [PDFValue]) throws(PDFDictionary.Failure) {
        let start = index
        while try PDFText.isRegular(byte(index)) { index += 1 }
        let keyword = bytes[start..<index]
        if keyword.elementsEqual([UInt8(ascii: "R")]), items.count >= 2, case .number = items[items.count - 1],
            case .number(let object) = items[items.count - 2]
        {
            items.removeLast(2)
            items.append(.reference(object))
        } else if keyword.elementsEqual("true".utf8) || keyword.elementsEqual("false".utf8) {
            items.append(.boolean(keyword.first == UInt8(ascii: "t")))
        } else {
            items.append(Int64(String(decoding: keyword, as: UTF8.self)).map { .number($0) } ?? .other)
        }
    }
}

/// The character classes of PDF (ISO 32000-1, 7.2.2).
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

    /// Returns the index after white space and comments.
    static func skipSpace(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                while index < bytes.count, bytes[index] != 10, bytes[index] != 13 { index += 1 }
            } else if isSpace(bytes[index]) {
                index += 1
            } else {
                break
            }
        }
        return index
    }
}
