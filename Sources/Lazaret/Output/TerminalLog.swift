internal import Support

/// The log of a worker on a terminal: warnings and errors as plain text above the status line, which counts the rest.
func terminalLog(_ threshold: Log.Level) -> Log {
    Log(threshold: max(threshold, .warning)) { line in
        // The status line is redrawn within half a second.
        writeToStandardError(Array("\r\u{1B}[K\(plainText(ofLogLine: line))\n".utf8))
    }
}

/// Formats a JSON log line as `08:09:10 warning: object settled  key="a b" verdict="infected"`. Values stay quoted as
/// in JSON, so that untrusted text can't imitate another field.
func plainText(ofLogLine line: [UInt8]) -> String {
    var fields: [(name: String, value: String)] = []
    var part: [UInt8] = []
    var name = ""
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for byte in line {
        if isQuoted {
            part.append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = false
            }
            continue
        }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            if depth > 1 { part.append(byte) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth > 0 {
                part.append(byte)
            } else {
                fields.append((name, String(decoding: part, as: UTF8.self)))
            }
        case UInt8(ascii: ":") where depth == 1:
            name = unquoted(String(decoding: part, as: UTF8.self))
            part = []
        case UInt8(ascii: ",") where depth == 1:
            fields.append((name, String(decoding: part, as: UTF8.self)))
            part = []
        case UInt8(ascii: "\n"): break
        default:
            isQuoted = byte == UInt8(ascii: "\"")
            part.append(byte)
        }
    }
    func value(_ name: String) -> String { unquoted(fields.first { $0.name == name }?.value ?? "") }
    let rest = fields.filter { !["timestamp", "level", "message"].contains($0.name) }
    let time = value("timestamp").dropFirst("2026-11-21T".count).prefix("08:09:10".count)
    let start = "\(time) \(value("level")): \(value("message"))"
    let tail = rest.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    return printable(tail.isEmpty ? start : "\(start)  \(tail)")
}

private func unquoted(_ text: String) -> String {
    text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
}
