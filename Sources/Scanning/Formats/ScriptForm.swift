/// Whether a picture or a sound is a script as well: its mark is the name of a variable (`GIF89a=…`, `BM/*…*/=…`), and the
/// bytes that make it a picture stand in a comment or a text.
///
/// This is no parser. It goes through code, comments and texts in turn: in code there can be no byte that no script has,
/// and pictures have those within a few bytes of their beginning.
enum ScriptForm {
    /// The marks that are words to a script, as far as a browser reads them: PNG's holds a byte that no script may have. A
    /// JPEG's are letters of Latin-1.
    private static let marks: [[UInt8]] = [
        Array("GIF89a".utf8), Array("GIF87a".utf8), Array("BM".utf8), Array("RIFF".utf8), Array("ID3".utf8),
        Array("OggS".utf8), Array("fLaC".utf8), [0xFF, 0xD8, 0xFF],
    ]

    /// - Parameter isWhole: whether the head is all of the object.
    static func isScript(_ head: Window, _ tail: Window, isWhole: Bool) -> Bool {
        guard let mark = marks.first(where: { head.bytes.starts(with: $0) }) else { return false }
        var reader = Reader(bytes: head.bytes, at: mark.count)
        switch reader.run() {
        case .notCode, .inText: return false
        case .end: return true
        case .inComment: return !isWhole && tail.first("*/", from: 0, to: tail.bytes.count) != nil
        }
    }

    private struct Reader {
        enum Ending { case notCode, end, inComment, inText }

        let bytes: [UInt8]
        var at: Int
        /// Whether code was seen that does something.
        private(set) var hasStatement = false

        init(bytes: [UInt8], at: Int) {
            self.bytes = bytes
            self.at = at
        }

        mutating func run() -> Ending {
            while at < bytes.count {
                let byte = bytes[at]
                switch byte {
                case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "*"):
                    at += 2
                    guard skip(past: [UInt8(ascii: "*"), UInt8(ascii: "/")]) else { return .inComment }
                case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "/"):
                    while at < bytes.count, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                    guard skipText(until: byte) else { return .inText }
                    hasStatement = true
                case 0x09...0x0D, 0x20: at += 1
                case UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: ";"):
                    hasStatement = true
                    at += 1
                // Letters of Latin-1 stand in names; what is not printable stands nowhere.
                case 0x21...0x7E, 0xC0...0xFF: at += 1
                default: return .notCode
                }
            }
            return hasStatement ? .end : .notCode
        }

        private mutating func skip(past mark: [UInt8]) -> Bool {
            while at + 1 < bytes.count {
                if bytes[at] == mark[0], bytes[at + 1] == mark[1] {
                    at += 2
                    return true
                }
                at += 1
            }
            at = bytes.count
            return false
        }

        private mutating func skipText(until quote: UInt8) -> Bool {
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
