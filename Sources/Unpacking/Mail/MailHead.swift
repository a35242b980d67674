/// Whether readers of mail would take a layer for a letter: lines of header fields (RFC 5322, section 2.2) within its
/// first bytes, whatever stands before them.
enum MailHead {
    /// How many bytes are looked at.
    static let length = 1024

    /// Fields that say how a part is encoded. One is enough.
    private static let mimeFields = [
        "content-type", "content-transfer-encoding", "content-disposition", "mime-version",
    ]
    /// Fields of a letter or of an article of news. Two are needed: a text may have a line that begins with "To:".
    private static let mailFields = [
        "from", "to", "cc", "bcc", "subject", "date", "received", "message-id", "return-path", "reply-to", "sender",
        "delivered-to", "in-reply-to", "references", "newsgroups", "path", "x-mailer", "x-mimeole", "resent-from",
        "organization", "x-received", "dkim-signature", "envelope-to", "user-agent", "status", "x-status", "xref",
    ]
    private static let engineTypes: Set<String> = ["CL_TYPE_MAIL", "CL_TYPE_MHTML"]

    /// - Parameters:
    ///   - head: the layer's first bytes.
    ///   - magicType: the MIME type that libmagic detects.
    ///   - engineType: the engine's name for the layer's type.
    static func isMail(_ head: [UInt8], magicType: String?, engineType: String?) -> Bool {
        if let magicType, magicType.hasPrefix("message/") { return true }
        if let engineType, engineTypes.contains(engineType) { return true }
        return isMail(head)
    }

    /// - Parameter head: the layer's first bytes.
    static func isMail(_ head: [UInt8]) -> Bool {
        var found: Set<String> = []
        for line in head.prefix(length).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            var line = line
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            guard let name = fieldName(of: line) else { continue }
            if mimeFields.contains(name) { return true }
            if mailFields.contains(name) { found.insert(name) }
            if found.count == 2 { return true }
        }
        return false
    }

    /// Returns the name of the header field that a line begins with, in lower case, or nil. Blanks may follow the name.
    static func fieldName(of line: some Collection<UInt8>) -> String? {
        let name = line.prefix(77).prefix { $0 != 0x3A }
        guard !name.isEmpty, name.count < 77, name.count < line.count else { return nil }
        var trimmed = Array(name)
        while let last = trimmed.last, last == 0x20 || last == 9 { trimmed.removeLast() }
        guard !trimmed.isEmpty, trimmed.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: trimmed, as: UTF8.self).lowercased()
    }

    /// How far before a field the other fields of its part may begin.
    private static let longestFields = 16 << 10

    /// Returns where the fields of a part begin of which the field at `offset` names the encoding, or nil if that field
    /// names none. Some readers take any lines of fields for those of a letter, whatever stands before them.
    static func partStart(in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let line = try slice.bytes(at: offset, count: 120).prefix { $0 != 0x0A && $0 != 0x0D }
        guard let name = fieldName(of: line), name.hasPrefix("content-trans") else { return nil }
        let value = line.map(\.lowercase)
        guard ["base", "b64", "quoted", "printable", "uu"].contains(where: { value.index(of: Array($0.utf8)) != nil })
        else { return nil }
        let start = max(0, offset - Int64(longestFields))
        let before = try slice.bytes(at: start, count: Int(offset - start))
        var first = before.count
        for line in before.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0A }).dropLast().reversed()
        {
            let isFolded = line.first == 0x20 || line.first == 9
            guard isFolded || fieldName(of: line) != nil || line.starts(with: [0x2D, 0x2D]) else { break }
            first = line.startIndex
        }
        return start + Int64(first)
    }

    /// Whether a line begins with a field that says how a part is encoded.
    static func isMIMEField(_ line: [UInt8]) -> Bool {
        guard let first = line.first?.lowercase, first == 0x63 || first == 0x6D, let name = fieldName(of: line) else {
            return false
        }
        return mimeFields.contains(name) || name.hasPrefix("content-")
    }
}
