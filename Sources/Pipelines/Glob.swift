/// A pattern for the names of objects: `*` is any run of characters, `/` among them (as in IAM policies), `?` is one
/// character, `\` takes the next character as it is. Case counts. Nothing else is special.
///
/// A pattern without a `/` is held against an object's name, what stands after the key's last `/`, so that `*.info`
/// finds the side-cars at any depth. One with a `/` is held against the rest, what stands after the pipeline's prefix.
package struct Glob: Sendable, Equatable, CustomStringConvertible {
    private enum Token: Equatable {
        case byte(UInt8)
        case one
        case run
    }

    package let text: String
    private let tokens: [Token]
    private let isForWholeRest: Bool

    /// Nil for an empty pattern and for one that ends in a lone `\`.
    package init?(_ text: String) {
        var tokens: [Token] = []
        var isEscaped = false
        for byte in text.utf8 {
            switch byte {
            case _ where isEscaped:
                tokens.append(.byte(byte))
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            // Two runs are one.
            case UInt8(ascii: "*"): if tokens.last != .run { tokens.append(.run) }
            case UInt8(ascii: "?"): tokens.append(.one)
            default: tokens.append(.byte(byte))
            }
        }
        guard !tokens.isEmpty, !isEscaped else { return nil }
        self.text = text
        self.tokens = tokens
        isForWholeRest = tokens.contains(.byte(UInt8(ascii: "/")))
    }

    package var description: String { text }

    /// Whether the pattern takes the object whose key is `key`, of which the first `prefix` bytes are its pipeline's.
    func takes(_ key: Span<UInt8>, afterPrefix prefix: Int) -> Bool {
        if isForWholeRest { return matches(key, from: prefix) }
        var start = key.count
        while start > 0, key[start - 1] != UInt8(ascii: "/") { start -= 1 }
        return matches(key, from: start)
    }

    /// Whether the pattern surely takes every object whose rest starts with `head`, whatever follows.
    ///
    /// A last `*` takes whatever follows, so a pattern that matches `head` itself and ends in one takes all the others
    /// too. Of a pattern for names only a lone `*` is sure: the name is not known.
    func coversAll(startingWith head: [UInt8]) -> Bool {
        guard isForWholeRest else { return tokens == [.run] }
        return tokens.last == .run && matches(head.span, from: 0)
    }

    /// Time grows with the length of text times pattern at most: when a byte does not fit, only the last `*` is
    /// stretched, never an earlier one.
    private func matches(_ text: Span<UInt8>, from start: Int) -> Bool {
        var (position, token) = (start, 0)
        var lastRun: (token: Int, position: Int)?
        while position < text.count {
            if token < tokens.count {
                switch tokens[token] {
                case .run:
                    lastRun = (token, position)
                    token += 1
                    continue
                case .one:
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
        return tokens[token...].allSatisfy { $0 == .run }
    }

    /// A character is a Unicode scalar: a byte, and the UTF-8 continuation bytes behind it.
    private func end(ofCharacterAt position: Int, in text: Span<UInt8>) -> Int {
        var next = position + 1
        while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
