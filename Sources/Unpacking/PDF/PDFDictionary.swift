/// A value in a PDF (ISO 32000-1, 7.3).
indirect enum PDFValue: Equatable {
    case name(String)
    case number(Int64)
    case boolean(Bool)
    case string(PDFString)
    /// An indirect reference, by object number.
    case reference(Int64)
    case array([PDFValue])
    case dictionary(PDFDictionary)
    /// A real number or a keyword: no stream depends on these.
    case other
}

/// A string with its escapes or its hexadecimal digits decoded (ISO 32000-1, 7.3.4).
struct PDFString: Equatable {
    let bytes: [UInt8]
    /// Whether the document holds these bytes as they are.
    let isPlain: Bool
}

/// A PDF dictionary. Escapes in names are decoded.
struct PDFDictionary: Equatable {
    /// The entries in file order. Hostile files give a key twice.
    private(set) var entries: [Entry] = []

    struct Entry: Equatable {
        let key: String
        let value: PDFValue
    }

    enum Failure: Error, Equatable {
        /// The bytes end before the value does.
        case truncated
        case tooDeep
    }

    /// Deeper than any real stream's dictionary, and shallow enough for the stack.
    static let maximumDepth = 32

    init() {}

    init(_ entries: [(String, PDFValue)]) { self.entries = entries.map { Entry(key: $0.0, value: $0.1) } }

    /// Parses a dictionary as leniently as readers of PDF do: invalid tokens are skipped.
    ///
    /// - Parameter index: of `<<`; afterwards, the index after its `>>`.
    init(_ bytes: [UInt8], at index: inout Int) throws(Failure) {
        var parser = PDFParser(bytes, at: index + 2)
        self.init(try parser.items(until: .dictionary, depth: 1))
        index = parser.index
    }

    init(_ items: [PDFValue]) {
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
