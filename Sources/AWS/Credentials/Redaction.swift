internal import Support

/// A text without these secrets, whole or percent-encoded.
func hiding(_ secrets: [Secret], in text: String) -> String {
    var text = text
    for secret in secrets where secret.exposed.utf8.count >= 4 {
        for form in [secret.exposed, PercentEncoding.component(secret.exposed)] {
            text = text.split(separator: form, omittingEmptySubsequences: false).joined(separator: "<redacted>")
        }
    }
    return text
}

/// What a foreign program said, in one printable line of at most 500 bytes, without what looks like a secret: what follows a name such
/// as `SecretAccessKey` or `token`, and long runs of capitals, small letters and digits.
func withoutLikelySecrets(_ said: [UInt8]) -> String {
    var words: [String] = []
    var size = 0
    for word in said.split(whereSeparator: { $0 <= 0x20 || $0 == 0x7F }) {
        size += word.count + 1
        if size > 500 {
            words.append("…")
            break
        }
        words.append(String(decoding: word, as: UTF8.self))
    }
    var expected = Expectation.nothing
    for index in words.indices { words[index] = shown(words[index], &expected) }
    return words.joined(separator: " ")
}

/// What the next word may be, after the one before.
private enum Expectation { case nothing, mark, value }

private func shown(_ word: String, _ expected: inout Expectation) -> String {
    let before = expected
    expected = .nothing
    let isMark = ["=", ":", "is"].contains(word.lowercased())
    switch before {
    case .value:
        if isMark { expected = .value }
        return isMark ? word : "<redacted>"
    case .mark where isMark:
        expected = .value
        return word
    case .mark, .nothing: break
    }
    let low = Array(word.lowercased().utf8)
    let ends = ["secret", "token", "password", "passwd"].compactMap { low.firstRange(of: $0.utf8)?.upperBound }
    if let end = ends.min() {
        // The same places in the word itself, whose letters may be of other lengths than their small forms.
        let bytes = Array(word.utf8)
        guard let mark = bytes.indices.first(where: { $0 >= end && (bytes[$0] == 0x3A || bytes[$0] == 0x3D) }) else {
            expected = .mark
            return withoutLongRuns(word)
        }
        let rest = bytes[(mark + 1)...]
        guard rest.contains(where: { !"\"',;{}".utf8.contains($0) }) else {
            expected = .value
            return word
        }
        return String(decoding: bytes[...mark], as: UTF8.self) + "<redacted>"
    }
    return withoutLongRuns(word)
}

private func withoutLongRuns(_ word: String) -> String {
    var result = ""
    var run = ""
    for character in word {
        if character.isASCII, character.isLetter || character.isNumber || "+/=_-".contains(character) {
            run.append(character)
        } else {
            result += looksSecret(run) ? "<redacted>" : run
            run = ""
            result.append(character)
        }
    }
    return result + (looksSecret(run) ? "<redacted>" : run)
}

private func looksSecret(_ run: String) -> Bool {
    run.utf8.count >= 16 && run.contains(where: \.isUppercase) && run.contains(where: \.isLowercase)
        && run.contains(where: \.isNumber)
}
