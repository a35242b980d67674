/// A part of a letter as a reader sees it that goes by lines alone: fields, then bytes up to the next boundary.
struct MailSection: Sendable, Equatable {
    enum Encoding: Sendable, Hashable, CaseIterable { case base64, quotedPrintable, uuencode, other }

    var name: [UInt8] = []
    var body: Range<Int64> = 0..<0
    /// What its fields name, each a reading of its own. Empty for bytes that stand for themselves.
    var encodings: Set<Encoding> = []
    /// Its content type in lower case, without parameters.
    var type: [UInt8] = []
    /// Whether fields of content were seen.
    var hasFields = false
    /// Where its bytes would begin if the first line that is no field ended the fields, although a blank line follows.
    var earlyBody: Int64?
    /// Whether it is one of several parts of a letter (RFC 2046, section 5.2.2).
    var isFragment = false
}

/// The parts of a letter by its lines alone. Readers disagree on which boundary holds, on folded or doubled fields, and
/// on lines that belong nowhere. This reader takes every line that begins with `--` and is followed by a field, and
/// every blank line that is followed by a field of content, for the start of a part, at whatever depth.
struct MailSections {
    static let maximumSections = 20_000
    private static let maximumBoundaries = 10_000
    private static let longestFieldText = 16 << 10
    /// How far behind the first line that is no field a blank line still ends the fields.
    private static let earlyLines = 16

    private(set) var sections: [MailSection] = []
    /// Whether there are more.
    private(set) var isCut = false
    /// Lines that GMime may keep something in memory for.
    private(set) var dashLines = 0
    private(set) var colonLines = 0
    private(set) var longestLine: Int64 = 0

    private enum State { case fields, body }

    /// The end of a part: where its last line ends, and where that line's content ends.
    private struct End {
        let line: Int64
        let content: Int64
    }

    private var state = State.fields
    private var section = MailSection()
    private var field: [UInt8] = []
    private var boundaries: Set<[UInt8]> = []
    /// Encodings that the fields of a part with parts name. Some readers let their parts inherit them.
    private var inherited: Set<MailSection.Encoding> = []
    /// A line that begins with `--` and that the next line may make a boundary.
    private var pending: (end: End, text: [UInt8])?
    private var isAfterBlank = true
    private var linesOfEarlyBody = 0
    /// The end of the last line's content, before its line end.
    private var contentEnd: Int64 = 0

    init(_ slice: FileSlice) throws(UnpackingError) {
        var lines = TextLines(slice, in: 0..<slice.size)
        var lineStart: Int64 = 0
        while let line = try lines.next(), !isCut {
            if line.isStart { lineStart = line.start }
            longestLine = max(longestLine, line.next - lineStart)
            if line.isStart { take(line) } else { continueLine(line) }
            contentEnd = line.contentEnd
        }
        if state == .fields { endFields(at: slice.size) }
        close(at: End(line: slice.size, content: slice.size))
    }

    private mutating func continueLine(_ line: TextLine) {
        if state == .fields, field.count < Self.longestFieldText { field += line.bytes }
    }

    private mutating func take(_ line: TextLine) {
        let bytes = line.bytes
        let isBlank = line.isBlank
        if bytes.contains(0x3A) { colonLines += 1 }
        if bytes.starts(with: [0x2D, 0x2D]) {
            dashLines += 1
            takeDashes(line)
            isAfterBlank = false
            return
        }
        if let boundary = pending, MailHead.isMIMEField(bytes) || isFieldBehindBoundary(bytes) {
            if boundaries.count < Self.maximumBoundaries { boundaries.insert(boundary.text) }
            open(at: line.start, endingAt: boundary.end)
        } else if state == .body, isAfterBlank, MailHead.isMIMEField(bytes) || line.has("From ") {
            open(at: line.start, endingAt: End(line: line.start, content: contentEnd))
        }
        pending = nil
        isAfterBlank = isBlank
        if state == .fields { takeField(line, isBlank: isBlank) } else { takeBody(line, isBlank: isBlank) }
    }

    private func isFieldBehindBoundary(_ bytes: [UInt8]) -> Bool {
        MailHead.fieldName(of: bytes).map { $0.utf8.allSatisfy { $0 == 0x2D || ($0 | 0x20) >= 0x61 } } ?? false
    }

    private mutating func takeDashes(_ line: TextLine) {
        var text = line.bytes[...]
        while let last = text.last, last == 0x20 || last == 9 { text = text.dropLast() }
        pending = (End(line: line.start, content: contentEnd), Array(text))
        var opening = text
        if opening.count > 4, opening.hasSuffix([0x2D, 0x2D]) { opening = opening.dropLast(2) }
        // The last one may be cut.
        let isCut = text.last == 0x2D && boundaries.contains(Array(text.dropLast()))
        guard isCut || boundaries.contains(Array(opening)) || boundaries.contains(Array(text)) else {
            if state == .fields { endFields(at: line.start) }
            return
        }
        open(at: line.next, endingAt: End(line: line.start, content: contentEnd))
    }

    /// Begins a part whose fields begin at `start`, and ends the part before it.
    private mutating func open(at start: Int64, endingAt end: End) {
        if state == .fields { endFields(at: end.line) }
        close(at: end)
        (state, section, field) = (.fields, MailSection(), [])
        section.body = start..<start
    }

    private mutating func takeField(_ line: TextLine, isBlank: Bool) {
        let bytes = line.bytes
        if isBlank {
            endFields(at: line.next)
        } else if bytes.first == 0x20 || bytes.first == 9 {
            if field.count < Self.longestFieldText { field += bytes }
        } else if MailHead.fieldName(of: bytes) != nil {
            endField()
            field = bytes
        } else if !line.has("From "), !line.has(">From ") {
            // No field: what readers call the body begins here, or the line is skipped.
            endFields(at: line.start)
            section.earlyBody = line.start
            linesOfEarlyBody = 0
        }
    }

    private mutating func takeBody(_ line: TextLine, isBlank: Bool) {
        guard section.earlyBody != nil, linesOfEarlyBody < Self.earlyLines else { return }
        linesOfEarlyBody += 1
        if isBlank {
            // Both readings: the bytes from the odd line on are kept by `earlyBody`.
            section.body = line.next..<line.next
            linesOfEarlyBody = Self.earlyLines
        } else if MailHead.fieldName(of: line.bytes) != nil {
            field = line.bytes
            endField()
        }
    }

    private mutating func endField() {
        defer { field = [] }
        guard !field.isEmpty, let name = MailHead.fieldName(of: field), let colon = field.firstIndex(of: 0x3A) else {
            return
        }
        let value = field[(colon + 1)...].map(\.lowercase)
        if name.hasPrefix("content-") || name == "mime-version" { section.hasFields = true }
        if name.hasPrefix("content-transfer-enc") || name == "content-encoding" || name.hasPrefix("content-trans") {
            section.encodings.formUnion(Self.encodings(in: value))
        }
        if name == "content-type" {
            section.type = Array(value.drop { $0 == 0x20 || $0 == 9 }.prefix { $0 != 0x3B && $0 != 0x20 })
            if section.type.starts(with: "message/partial".utf8) { section.isFragment = true }
        }
        if let index = value.index(of: Array("name".utf8)), section.name.isEmpty {
            let text = field[(colon + 1)...].dropFirst(index + 4).drop { [0x2A, 0x30, 0x3D, 0x22, 0x20].contains($0) }
            section.name = Array(text.prefix { $0 != 0x22 && $0 != 0x3B && $0 != 0x0D }.prefix(200))
        }
    }

    /// The encodings that a value names, however misspelt.
    private static func encodings(in value: [UInt8]) -> Set<MailSection.Encoding> {
        func has(_ words: String...) -> Bool { words.contains { value.index(of: Array($0.utf8)) != nil } }
        var found: Set<MailSection.Encoding> = []
        if has("base", "b64") { found.insert(.base64) }
        if has("quoted", "printable") { found.insert(.quotedPrintable) }
        if has("uu", "xx") { found.insert(.uuencode) }
        if found.isEmpty, !has("7bit", "8bit", "binary", "7-bit", "8-bit") { found.insert(.other) }
        return found
    }

    private mutating func endFields(at bodyStart: Int64) {
        endField()
        section.body = bodyStart..<bodyStart
        let isParent = section.type.starts(with: "multipart/".utf8)
        if isParent { inherited.formUnion(section.encodings) }
        // What follows is a letter with fields of its own.
        let holdsLetter =
            section.type.starts(with: "message/".utf8)
            && section.encodings.isDisjoint(with: [.base64, .quotedPrintable])
        if holdsLetter {
            let isFragment = section.isFragment
            close(at: End(line: bodyStart, content: bodyStart))
            section = MailSection()
            section.isFragment = isFragment
            section.body = bodyStart..<bodyStart
            return
        }
        state = .body
    }

    private mutating func close(at end: End) {
        defer { section = MailSection() }
        let start = section.body.lowerBound
        // The line end before a boundary belongs to the boundary.
        let last = max(start, end.content)
        section.body = start..<last
        if section.encodings.isEmpty, section.hasFields { section.encodings = inherited }
        guard section.hasFields || section.isFragment, last > start else { return }
        if sections.count < Self.maximumSections { sections.append(section) } else { isCut = true }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
