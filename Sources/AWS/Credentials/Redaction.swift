internal import Support

/// Replaces secrets in a text, both verbatim and percent-encoded.
func redact(_ secrets: [Secret], in text: String) -> String {
    var text = text
    for secret in secrets where secret.exposed.utf8.count >= 4 {
        for form in [secret.exposed, PercentEncoding.component(secret.exposed)] {
            text = text.split(separator: form, omittingEmptySubsequences: false).joined(separator: "<redacted>")
        }
    }
    return text
}

/// Returns a program's output as one printable line of at most 500 bytes, and redacts what looks like a secret: the
/// value after a name such as `SecretAccessKey` or `token`, and long runs of uppercase and lowercase letters and
/// digits.
func redactLikelySecrets(in output: [UInt8]) -> String {
    var words: [String] = []
    var size = 0
    for word in output.split(whereSeparator: { $0 <= 0x20 || $0 == 0x7F }) {
        size += word.count + 1
        if size > 500 {
            words.append("…")
            break
        }
        words.append(String(decoding: word, as: UTF8.self))
    }
    var expected = Expectation.nothing
    for index in words.indices { words[index] = redacted(words[index], &expected) }
    return words.joined(separator: " ")
}

/// The role that the next word may have after the words before it.
private enum Expectation { case nothing, separator, value }

private func redacted(_ word: String, _ expected: inout Expectation) -> String {
    let previous = expected
    expected = .nothing
    let isSeparator = ["=", ":", "is"].contains(word.lowercased())
    switch previous {
    case .value:
        if isSeparator { expected = .value }
        return isSeparator ? word : "<redacted>"
    case .separator where isSeparator:
        expected = .value
        return word
    case .separator, .nothing: break
    }
    let lowercase = Array(word.lowercased().utf8)
    let nameEnds = ["secret", "token", "password", "passwd"].compactMap {
        lowercase.firstRange(of: $0.utf8)?.upperBound
    }
    if let nameEnd = nameEnds.min() {
        // Lowercasing may change the length, so this is an approximate offset in the word itself.
        let bytes = Array(word.utf8)
        guard
            let separator = bytes.indices.first(where: { $0 >= nameEnd && (bytes[$0] == 0x3A || bytes[$0] == 0x3D) })
        else {
            expected = .separator
            return redactingLongRuns(word)
        }
        let rest = bytes[(separator + 1)...]
        guard rest.contains(where: { !"\"',;{}".utf8.contains($0) }) else {
            expected = .value
            return word
        }
        return String(decoding: bytes[...separator], as: UTF8.self) + "<redacted>"
    }
    return redactingLongRuns(word)
}

private func redactingLongRuns(_ word: String) -> String {
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
