/// Replaces the references to general entities that a document of XML declares itself, and leaves the declarations out
/// (XML 1.0, 4.1 and 4.4). A block may end at any place.
struct XMLEntities {
    private static let declaration = Array("<!ENTITY".utf8)
    private static let longestName = 256
    /// Of all names and values of a document, and of one declaration.
    private static let longestValue = 1 << 20
    /// Readers refuse a document whose entities stand for more bytes than this, and for so many times its own
    /// (libexpat, `XML_SetBillionLaughsAttackProtectionActivationThreshold`).
    private static let largestExpansion = 8 << 20
    private static let largestFactor = 100
    private static let deepest = 64
    /// Of what a block becomes.
    private static let longestText = 1 << 26

    private var values: [[UInt8]: [UInt8]] = [:]
    private var length = 0
    /// How many bytes were read, and how many of values.
    private var read = 0
    private var replaced = 0
    /// Whether readers refuse the document.
    private var isRefused = false
    /// The entities that are being replaced.
    private var open: [ArraySlice<UInt8>] = []
    /// A declaration or a reference that the block's end cuts.
    private var rest: [UInt8] = []

    /// - Throws: `.tooLarge` for too long or too deep values.
    mutating func expand(_ block: [UInt8]) throws(UnpackingError) -> [UInt8] {
        read += block.count
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
        guard text[name.endIndex] == 0x3B, values[Array(name)] != nil else {
            expanded.append(0x26)
            return index + 1
        }
        try add(name, to: &expanded)
        return name.endIndex + 1
    }

    private static func name(in text: [UInt8], from start: Int) -> ArraySlice<UInt8> {
        text[start...].prefix(longestName).prefix { $0 > 0x20 && $0 != 0x3B && $0 != 0x26 }
    }

    /// Adds what an entity stands for, with the references in it replaced.
    private mutating func add(_ name: ArraySlice<UInt8>, to expanded: inout [UInt8]) throws(UnpackingError) {
        guard !isRefused, let value = values[Array(name)] else { return }
        replaced += value.count + 1
        isRefused = open.contains(name) || replaced > max(Self.largestExpansion, Self.largestFactor * read)
        guard open.count < Self.deepest, expanded.count < Self.longestText else {
            throw UnpackingError(.tooLarge, "entities that stand for too many others")
        }
        open.append(name)
        defer { open.removeLast() }
        var index = 0
        while !isRefused, let start = value[index...].firstIndex(of: 0x26) {
            expanded += value[index..<start]
            let inner = Self.name(in: value, from: start + 1)
            if inner.endIndex < value.count, value[inner.endIndex] == 0x3B, values[Array(inner)] != nil {
                try add(inner, to: &expanded)
                index = inner.endIndex + 1
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
