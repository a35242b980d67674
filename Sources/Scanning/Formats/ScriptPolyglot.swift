/// Media files that are also scripts: the magic number is a variable's name (`GIF89a=…`, `BM/*…*/=…`), and the media's
/// bytes are within a comment or a string.
///
/// This is not a parser. It separates code, comments and strings: code contains no byte that is invalid in a script,
/// while media have such bytes near their beginning.
enum ScriptPolyglot {
    /// The magic numbers that a browser accepts as an identifier: that of PNG has an invalid byte, that of JPEG
    /// consists of Latin-1 letters.
    private static let magicNumbers: [[UInt8]] = [
        Array("GIF89a".utf8), Array("GIF87a".utf8), Array("BM".utf8), Array("RIFF".utf8), Array("ID3".utf8),
        Array("OggS".utf8), Array("fLaC".utf8), [0xFF, 0xD8, 0xFF],
    ]

    /// - Parameter isWhole: whether the head is all of the object.
    static func isScript(_ head: Chunk, _ tail: Chunk, isWhole: Bool) -> Bool {
        guard let magic = magicNumbers.first(where: { head.bytes.starts(with: $0) }) else { return false }
        var reader = Reader(bytes: head.bytes, at: magic.count)
        switch reader.run() {
        case .notCode, .inString: return false
        case .end: return true
        case .inComment: return !isWhole && tail.first("*/", from: 0, to: tail.bytes.count) != nil
        }
    }

    private struct Reader {
        enum End { case notCode, end, inComment, inString }

        let bytes: [UInt8]
        var at: Int
        /// Whether the code has an effect.
        private(set) var hasStatement = false

        init(bytes: [UInt8], at: Int) {
            self.bytes = bytes
            self.at = at
        }

        mutating func run() -> End {
            while at < bytes.count {
                let byte = bytes[at]
                switch byte {
                case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "*"):
                    at += 2
                    guard skip(past: [UInt8(ascii: "*"), UInt8(ascii: "/")]) else { return .inComment }
                case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "/"):
                    while at < bytes.count, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                    guard skipString(until: byte) else { return .inString }
                    hasStatement = true
                case 0x09...0x0D, 0x20: at += 1
                case UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: ";"):
                    hasStatement = true
                    at += 1
                // Latin-1 letters may be in names. Unprintable bytes are invalid.
                case 0x21...0x7E, 0xC0...0xFF: at += 1
                default: return .notCode
                }
            }
            return hasStatement ? .end : .notCode
        }

        private mutating func skip(past delimiter: [UInt8]) -> Bool {
            while at + 1 < bytes.count {
                if bytes[at] == delimiter[0], bytes[at + 1] == delimiter[1] {
                    at += 2
                    return true
                }
                at += 1
            }
            at = bytes.count
            return false
        }

        private mutating func skipString(until quote: UInt8) -> Bool {
            at += 1
            while at < bytes.count {
                switch bytes[at] {
                case quote:
                    at += 1
                    return true
                case UInt8(ascii: "\\"): at += 2
                case 0x0A, 0x0D:
                    if quote != UInt8(ascii: "`") { return false }
                    at += 1
                default: at += 1
                }
            }
            return false
        }
    }
}
