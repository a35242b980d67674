internal import Support

/// Returns JSON in ASCII without `<`, `>` and `&`: every other character in its strings is escaped (RFC 8259, section
/// 7). A reader gets the same strings; a terminal, a web page or a log that shows the text unread shows nothing else.
func inert(_ json: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(json.count)
    for unit in String(decoding: json, as: UTF8.self).utf16 {
        switch unit {
        case 0x3C, 0x3E, 0x26, 0x7F...: text.append(jsonEscapeOf: unit)
        default: text.append(UInt8(truncatingIfNeeded: unit))
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// Returns an uploader's or a scanner's text for people: at most `limit` bytes of it, with control and formatting
/// characters written as `\u{…}`.
func bounded(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return printable(text) }
    var kept = text.unicodeScalars.makeIterator()
    var short = String.UnicodeScalarView()
    var count = 0
    while let scalar = kept.next(), count + UTF8.width(scalar) <= limit {
        short.append(scalar)
        count += UTF8.width(scalar)
    }
    return printable(String(short)) + "…"
}
