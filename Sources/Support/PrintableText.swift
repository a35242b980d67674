/// Makes untrusted text safe for a terminal: writes control and bidirectional formatting characters as `\u{…}`.
package func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    return text.unicodeScalars.map { isUnsafe($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
}

/// Whether a terminal or a reader of a text may take the character for something else than a letter or a sign.
func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
}
