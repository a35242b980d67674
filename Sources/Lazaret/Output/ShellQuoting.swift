internal import Support

/// Quotes a text as one word for bash. A text without special characters is returned unchanged; characters that are
/// unsafe on a terminal are written as `\xNN` inside `$'…'`.
func shellQuoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { isPlainByte($0) }
    if isPlain { return text }
    guard printable(text) != text else { return "'" + text.replacing("'", with: "'\\''") + "'" }
    var word = "$'"
    for scalar in text.unicodeScalars {
        let shown = String(scalar)
        if printable(shown) != shown {
            word += shown.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        } else {
            if scalar == "'" || scalar == "\\" { word += "\\" }
            word += shown
        }
    }
    return word + "'"
}

private func isPlainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "/._-+=:,@%".utf8.contains(byte)
    }
}
