/// Replaces the references to general entities that a document of XML declares itself, and leaves the declarations out
/// (XML 1.0, 4.1 and 4.4). A block may end at any place.
struct XMLEntities {
    private static let declaration = Array("<!ENTITY".utf8)
    private static let longestName = 256
    /// Of all names and values of a document, and of one declaration.
    private static let longestValue = 1 << 20
    /// Of what a block becomes.
    private static let longestText = 1 << 24
    private static let deepest = 16
    private static let maximumReferences = 1_000_000

    private var values: [[UInt8]: [UInt8]] = [:]
    private var length = 0
    private var references = 0
    /// A declaration or a reference that the block's end cuts.
    private var rest: [UInt8] = []

    /// - Throws: `.tooLarge` for too many references, or too long values.
    mutating func expand(_ block: [UInt8]) throws(UnpackingError) -> [UInt8] {
        let text = rest + block
        rest = []
        var (expanded, index) = ([UInt8](), 0)
        expanded.reserveCapacity(text.count)
        while index < text.count {
            switch text[index] {
            case 0x26: index = try addReference(text, index, to: &expanded)
            case 0x3C:
                let start = text[index...].prefix(Self.declaration.count)
                guard Self.declaration.starts(with: start) else {
                    expanded.append(text[index])
                    index += 1
                    continue
                }
                guard start.count == Self.declaration.count, let end = Self.declarationEnd(text, index) else {
                    guard text.count - index < Self.longestValue else {
                        throw UnpackingError(.tooLarge, "an entity of more than \(Self.longestValue) bytes")
                    }
                    rest = Array(text[index...])
                    return expanded
                }
                try declare(text[(index + start.count)..<end])
                index = end + 1
            default:
                expanded.append(text[index])
                index += 1
            }
        }
        return expanded
    }

    /// Returns what the last block's end cut.
    mutating func end() -> [UInt8] {
        defer { rest = [] }
        return rest
    }

    /// Takes the reference at an index. Returns the index behind it.
    private mutating func addReference(
        _ text: [UInt8], _ index: Int, to expanded: inout [UInt8]
    ) throws(UnpackingError) -> Int {
        let name = Self.name(in: text, from: index + 1)
        guard name.endIndex < text.count else {
            // Cut by the block's end.
            rest = Array(text[index...])
            return text.count
        }
        guard text[name.endIndex] == 0x3B, let value = values[Array(name)] else {
            expanded.append(0x26)
            return index + 1
        }
        try add(value, to: &expanded, level: 1)
        return name.endIndex + 1
    }

    private static func name(in text: [UInt8], from start: Int) -> ArraySlice<UInt8> {
        text[start...].prefix(longestName).prefix { $0 > 0x20 && $0 != 0x3B && $0 != 0x26 }
    }

    /// Adds a value with the references in it replaced.
    private mutating func add(_ value: [UInt8], to expanded: inout [UInt8], level: Int) throws(UnpackingError) {
        references += 1
        guard references <= Self.maximumReferences, level <= Self.deepest, expanded.count < Self.longestText else {
            throw UnpackingError(.tooLarge, "entities that stand for too many others")
        }
        var index = 0
        while let start = value[index...].firstIndex(of: 0x26) {
            expanded += value[index..<start]
            let name = Self.name(in: value, from: start + 1)
            index = name.endIndex + 1
            if name.endIndex < value.count, value[name.endIndex] == 0x3B, let inner = values[Array(name)] {
                try add(inner, to: &expanded, level: level + 1)
            } else {
                index = start + 1
                expanded.append(0x26)
            }
        }
        expanded += value[index...]
    }

    /// The index of a declaration's `>`, outside its value.
    private static func declarationEnd(_ text: [UInt8], _ start: Int) -> Int? {
        var quote: UInt8?
        for index in (start + declaration.count)..<text.count {
            let byte = text[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if byte == 0x3E {
                return index
            }
        }
        return nil
    }

    /// Takes ` name "value"`. What an address stands for is no part of the document.
    private mutating func declare(_ text: ArraySlice<UInt8>) throws(UnpackingError) {
        let name = text.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        let value = text[name.endIndex...].drop { $0 <= 0x20 }
        guard let quote = value.first, quote == 0x22 || quote == 0x27 else { return }
        // The first declaration of a name counts.
        guard values[Array(name)] == nil else { return }
        let content = value.dropFirst().prefix { $0 != quote }
        length += name.count + content.count
        guard length <= Self.longestValue else {
            throw UnpackingError(.tooLarge, "entities of more than \(Self.longestValue) bytes")
        }
        values[Array(name)] = Array(content)
    }
}
