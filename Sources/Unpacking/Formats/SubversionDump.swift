/// The files in a stream of `svnadmin dump` (Subversion, `notes/dump-load-format.txt`): records of fields, each with
/// the lengths of the properties and the text behind it.
package struct SubversionDump: ListingOpener {
    static let mark = "SVN-fs-dump-format-version: "
    private static let fields = ["Prop-content-length: ", "Text-content-length: ", "Content-length: "]

    package var parts = ListedParts(maximum: 1_000_000)

    /// - Throws: `.method` for a text that is stored as a difference; `.truncated`, `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        var lines = TextLines(layer, in: 0..<layer.size)
        var (lengths, isDelta): ([Int64?], Bool) = ([nil, nil, nil], false)
        while let line = try lines.next() {
            for (number, field) in Self.fields.enumerated() where line.has(field) {
                let digits = line.bytes.dropFirst(field.utf8.count)
                guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw UnpackingError(.malformed, "a damaged length at \(line.start)")
                }
                lengths[number] = digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
            }
            if line.has("Text-delta: true") { isDelta = true }
            guard line.isBlank else { continue }
            let (properties, text) = (lengths[0] ?? 0, lengths[1] ?? 0)
            let content = max(properties + text, lengths[2] ?? 0)
            guard content <= layer.size - line.next else { throw UnpackingError(.truncated, "a record is cut") }
            if text > 0 {
                if isDelta { throw UnpackingError(.method, "a text that is stored as a difference") }
                try parts.add("text", line.next + properties..<line.next + properties + text, of: layer)
            }
            if content > 0 { lines.skip(to: line.next + content) }
            (lengths, isDelta) = ([nil, nil, nil], false)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
