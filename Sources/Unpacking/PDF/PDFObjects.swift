/// What the objects of a document say about its streams, and the text that they hold themselves.
struct PDFObjects {
    /// Values that a stream's dictionary may refer to, by object number: of an object that is there several times, the
    /// latest come last.
    private var values: [Int64: [PDFValue]] = [:]
    /// The streams that the document has as files or scripts, by object number, with a file's name.
    private(set) var attached: [Int64: [UInt8]] = [:]
    /// Scripts in strings, with the numbers of their objects.
    private(set) var scripts: [(object: Int64, text: [UInt8])] = []
    /// All other strings that the document does not hold as they are, one a line.
    private(set) var strings: [UInt8] = []
    /// Whether there is more text than is kept.
    private(set) var isTextCut = false
    private var textBytes = 0

    private static let maximumValues = 1_000_000
    private static let maximumDefinitions = 4
    private static let maximumText = 64 << 20
    /// The keys of scripts (ISO 32000-1, 12.6.4.16 and 12.7.7.3).
    private static let scriptKeys: Set<String> = ["JS", "JavaScript", "Before", "After", "AfterPermsReady", "Doc"]

    /// Returns the latest value of an object, or nil if it is unknown.
    func value(_ object: Int64) -> PDFValue? { values[object]?.last }

    /// Returns the numbers that an object was given, the latest first.
    func numbers(_ object: Int64) -> [Int64] {
        (values[object] ?? []).reversed().compactMap { if case .number(let number) = $0 { number } else { nil } }
    }

    /// Takes in the value of an object. That of a stream is its dictionary.
    mutating func take(_ value: PDFValue, of object: Int64, isStream: Bool = false) {
        if !isStream, Self.isSmall(value), values.count < Self.maximumValues {
            values[object, default: []].append(value)
            if values[object]!.count > Self.maximumDefinitions { values[object]!.removeFirst() }
        }
        // A string that is an object of its own may be a script: what refers to it is not known here.
        takeText(value, of: object, isScript: true)
    }

    /// A number, a filter's name, a list of them, or parameters.
    private static func isSmall(_ value: PDFValue) -> Bool {
        switch value {
        case .number, .name: true
        case .array(let items): items.count <= PDFTreatment.maximumFilters && items.allSatisfy { isParameter($0) }
        default: isParameter(value)
        }
    }

    private static func isParameter(_ value: PDFValue) -> Bool {
        switch value {
        case .number, .name, .boolean, .reference, .other: true
        case .dictionary(let dictionary):
            dictionary.entries.count <= 16
                && dictionary.entries.allSatisfy {
                    switch $0.value {
                    case .number, .name, .boolean, .reference, .other: true
                    default: false
                    }
                }
        case .array, .string: false
        }
    }

    /// Nesting is bounded by the parser.
    private mutating func takeText(_ value: PDFValue, of object: Int64, isScript: Bool) {
        switch value {
        case .string(let string):
            if isScript {
                add(script: string, of: object)
            } else if !string.isPlain {
                add(string: string.bytes)
            }
        case .array(let items): for item in items { takeText(item, of: object, isScript: isScript) }
        case .dictionary(let dictionary):
            takeFiles(of: dictionary)
            for entry in dictionary.entries {
                takeText(entry.value, of: object, isScript: Self.scriptKeys.contains(entry.key))
            }
        case .name, .number, .boolean, .reference, .other: break
        }
    }

    /// A file specification (ISO 32000-1, 7.11.3) names an embedded file; a script may be a stream.
    private mutating func takeFiles(of dictionary: PDFDictionary) {
        for key in Self.scriptKeys {
            if case .reference(let stream) = dictionary[key] { attach(stream, name: []) }
        }
        guard case .dictionary(let files) = dictionary["EF"] else { return }
        var name: [UInt8] = []
        for key in ["F", "UF"] {
            if case .string(let string) = dictionary[key] { name = Self.text(string.bytes) }
        }
        for entry in files.entries {
            if case .reference(let stream) = entry.value { attach(stream, name: name) }
        }
    }

    private mutating func attach(_ stream: Int64, name: [UInt8]) {
        guard attached.count < Self.maximumValues else { return }
        attached[stream] = Array(name.prefix(Member.longestName))
    }

    private mutating func add(script: PDFString, of object: Int64) {
        guard count(script.bytes.count) else { return }
        if script.bytes.count >= 5 { scripts.append((object, script.bytes)) }
        let text = Self.text(script.bytes)
        if text != script.bytes { scripts.append((object, text)) }
    }

    private mutating func add(string: [UInt8]) {
        guard count(string.count) else { return }
        strings += Self.text(string)
        strings.append(10)
    }

    private mutating func count(_ bytes: Int) -> Bool {
        textBytes += bytes
        if textBytes > Self.maximumText { isTextCut = true }
        return !isTextCut
    }

    /// Returns a text string (ISO 32000-1, 7.9.2.2) as UTF-8 if it is UTF-16 with a mark, and else as it is.
    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 2 else { return bytes }
        let isBig = bytes[0] == 0xFE && bytes[1] == 0xFF
        guard isBig || bytes[0] == 0xFF && bytes[1] == 0xFE else { return bytes }
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map {
            UInt16(bytes[isBig ? $0 : $0 + 1]) << 8 | UInt16(bytes[isBig ? $0 + 1 : $0])
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}

extension PDFObjects {
    /// Takes in the objects of a decoded object stream (ISO 32000-1, 7.5.7): pairs of an object's number and offset,
    /// then the values. Damaged ones are taken as far as they go.
    ///
    /// - Returns: false if the objects overlap so much that reading all of them would be endless.
    mutating func take(objectStream bytes: [UInt8], _ dictionary: PDFDictionary) -> Bool {
        guard case .number(let count) = dictionary["N"], case .number(let first) = dictionary["First"],
            (0...Int64(bytes.count)).contains(first), count > 0
        else { return true }
        // A value that extends to the end ends there.
        let padded = bytes + [10]
        var header = PDFText.skipSpace(padded, from: 0)
        func number() -> Int64? {
            let digits = padded[header...].prefix { PDFText.isDigit($0) }
            header = PDFText.skipSpace(padded, from: digits.endIndex)
            return Int64(String(decoding: digits, as: UTF8.self))
        }
        // Offsets may overlap: each value is read once, and no more bytes than there are, several times.
        var left = 8 * padded.count
        for _ in 0..<min(count, Int64(bytes.count / 2)) {
            guard header < Int(first), let object = number(), let offset = number() else { return true }
            guard left > 0 else { return false }
            guard offset <= Int64(bytes.count) - first else { continue }
            var parser = PDFParser(padded, at: Int(first + offset))
            let items = try? parser.items(until: .nothing, depth: 0)
            left -= max(1, (items == nil ? padded.count : parser.index) - Int(first + offset))
            if let value = items?.first { take(value, of: object) }
        }
        return true
    }
}
