/// A case-sensitive pattern for keys. `*` matches any run of characters, including `/` (as in IAM policies), `?`
/// matches one character, and `\` escapes the next character.
///
/// A pattern without a `/` is matched with the object's name, the part of the key after its last `/`: `*.info` matches
/// side-cars at any depth. A pattern with a `/` is matched with the rest, the part of the key after the pipeline's
/// prefix.
package struct Glob: Sendable, Equatable, CustomStringConvertible {
    private enum Token: Equatable {
        case byte(UInt8)
        case anyCharacter
        case anyRun
    }

    package let text: String
    private let tokens: [Token]
    private let matchesRest: Bool

    /// Returns nil for an empty pattern, and for one that ends in an unescaped `\`.
    package init?(_ text: String) {
        var tokens: [Token] = []
        var isEscaped = false
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                tokens.append(.byte(byte))
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            // Adjacent runs are equal to one.
            case UInt8(ascii: "*"): if tokens.last != .anyRun { tokens.append(.anyRun) }
            case UInt8(ascii: "?"): tokens.append(.anyCharacter)
            default: tokens.append(.byte(byte))
            }
        }
        guard !tokens.isEmpty, !isEscaped else { return nil }
        self.text = text
        self.tokens = tokens
        matchesRest = tokens.contains(.byte(UInt8(ascii: "/")))
    }

    package var description: String { text }

    /// Returns whether the pattern matches a key.
    ///
    /// - Parameter prefix: the length of the pipeline's prefix, in bytes.
    func matches(_ key: Span<UInt8>, afterPrefix prefix: Int) -> Bool {
        if matchesRest { return matchesTokens(key, from: prefix) }
        var start = key.count
        while start > 0, key[start - 1] != UInt8(ascii: "/") { start -= 1 }
        return matchesTokens(key, from: start)
    }

    /// Returns whether the pattern certainly matches every key whose rest starts with `head`.
    ///
    /// A pattern that matches `head` and ends in `*` matches whatever follows. A pattern for names is certain only if
    /// it is a single `*`, since the names are unknown.
    func coversAll(startingWith head: [UInt8]) -> Bool {
        guard matchesRest else { return tokens == [.anyRun] }
        return tokens.last == .anyRun && matchesTokens(head.span, from: 0)
    }

    /// The time is at most proportional to the lengths of text and pattern multiplied: after a mismatch only the last
    /// `*` is extended, never an earlier one.
    private func matchesTokens(_ text: Span<UInt8>, from start: Int) -> Bool {
        var (position, token) = (start, 0)
        var lastRun: (token: Int, position: Int)?
        while position < text.count {
            if token < tokens.count {
                switch tokens[token] {
                case .anyRun:
                    lastRun = (token, position)
                    token += 1
                    continue
                case .anyCharacter:
                    position = end(ofCharacterAt: position, in: text)
                    token += 1
                    continue
                case .byte(let byte) where byte == text[position]:
                    position += 1
                    token += 1
                    continue
                case .byte: break
                }
            }
            guard let run = lastRun else { return false }
            lastRun = (run.token, run.position + 1)
            (token, position) = (run.token + 1, run.position + 1)
        }
        return tokens[token...].allSatisfy { $0 == .anyRun }
    }

    /// A character is a Unicode scalar: a byte and the UTF-8 continuation bytes after it.
    private func end(ofCharacterAt position: Int, in text: Span<UInt8>) -> Int {
        var next = position + 1
        while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
