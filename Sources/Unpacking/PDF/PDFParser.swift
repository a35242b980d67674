/// Parses values as leniently as readers of PDF do: invalid tokens are skipped.
struct PDFParser {
    let bytes: [UInt8]
    private(set) var index: Int

    enum Container { case dictionary, array, nothing }

    init(_ bytes: [UInt8], at index: Int) { (self.bytes, self.index) = (bytes, index) }

    /// Parses the values up to the end of a container, or with `.nothing` one value alone.
    mutating func items(until container: Container, depth: Int) throws(PDFDictionary.Failure) -> [PDFValue] {
        guard depth <= PDFDictionary.maximumDepth else { throw .tooDeep }
        var items: [PDFValue] = []
        while container != .nothing || items.isEmpty {
            index = PDFText.skipSpace(bytes, from: index)
            guard index < bytes.count else { throw .truncated }
            switch bytes[index] {
            case UInt8(ascii: "/"): items.append(.name(try name()))
            case UInt8(ascii: "("): items.append(.string(try string()))
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
                    items.append(.string(try hexString()))
                }
            case UInt8(ascii: ">"):
                let isEnd = try byte(index + 1) == UInt8(ascii: ">")
                // An unclosed array ends with the dictionary around it. Its `>>` is left for the dictionary.
                if isEnd, container == .array { return items }
                index += isEnd ? 2 : 1
                if isEnd { return items }
            case let byte where PDFText.isDelimiter(byte): index += 1
            // What is not closed ends where the stream begins.
            case _ where container != .nothing && isAtEndOfObject: return items
            default: try keyword(into: &items)
            }
        }
        return items
    }

    private var isAtEndOfObject: Bool {
        // Asked at every number and word.
        guard bytes[index] == UInt8(ascii: "s") || bytes[index] == UInt8(ascii: "e") else { return false }
        return ["stream", "endobj"].contains { word in
            let end = index + word.utf8.count
            return bytes[index...].starts(with: word.utf8) && (end == bytes.count || !PDFText.isRegular(bytes[end]))
        }
    }

    private func byte(_ index: Int) throws(PDFDictionary.Failure) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        return bytes[index]
    }

    private mutating func name() throws(PDFDictionary.Failure) -> String {
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
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func string() throws(PDFDictionary.Failure) -> PDFString {
        var open = 1
        var (text, isPlain): ([UInt8], Bool) = ([], true)
        index += 1
        while true {
            let next = try byte(index)
            index += 1
            switch next {
            case UInt8(ascii: "\\"):
                isPlain = false
                try escape(into: &text)
                continue
            case UInt8(ascii: "("): open += 1
            case UInt8(ascii: ")"): open -= 1
            default: break
            }
            if open == 0 { return PDFString(bytes: text, isPlain: isPlain) }
            text.append(next)
        }
    }

    /// Decodes what follows a backslash. One before a line end continues the line, one before another character has no
    /// meaning.
    private mutating func escape(into text: inout [UInt8]) throws(PDFDictionary.Failure) {
        let next = try byte(index)
        index += 1
        switch next {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case 13: if try byte(index) == 10 { index += 1 }
        case 10: break
        case 0x30...0x37:
            var code = Int(next - 0x30)
            for _ in 0..<2 {
                guard case let digit = try byte(index), (0x30...0x37).contains(digit) else { break }
                code = code * 8 + Int(digit - 0x30)
                index += 1
            }
            text.append(UInt8(truncatingIfNeeded: code))
        default: text.append(next)
        }
    }

    private mutating func hexString() throws(PDFDictionary.Failure) -> PDFString {
        var (text, half): ([UInt8], UInt8?) = ([], nil)
        index += 1
        while case let next = try byte(index), next != UInt8(ascii: ">") {
            index += 1
            guard let digit = PDFText.hex(next) else { continue }
            if let high = half { text.append(high << 4 | digit) }
            half = half == nil ? digit : nil
        }
        index += 1
        if let half { text.append(half << 4) }
        return PDFString(bytes: text, isPlain: false)
    }

    /// A number or a keyword. `R` turns the two numbers before it into a reference.
    private mutating func keyword(into items: inout [PDFValue]) throws(PDFDictionary.Failure) {
        let start = index
        while index < bytes.count, PDFText.isRegular(bytes[index]) { index += 1 }
        // The word may go on beyond these bytes.
        guard index < bytes.count else { throw .truncated }
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
