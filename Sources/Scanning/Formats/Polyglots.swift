import Unpacking

/// The second forms of an object: a ZIP appended to an image, an image that is also a script, and similar files.
///
/// Readers search for a form's magic number in different places: a ZIP's from the end, a PDF's within the first 1024
/// bytes, HTML or PHP anywhere. So a file can have one type for libmagic and another one for the program that opens it.
/// Only a bounded part of the object is read, whatever its size.
struct Polyglots {
    /// How many bytes are read from the object's start, from its end, and from the end of its media.
    static let chunkLength = 64 << 10

    private static let localHeaderSignature: UInt32 = 0x0403_4B50

    private let bytes: ObjectBytes
    private let type: String

    /// - Parameter type: the MIME type that libmagic detects.
    init(_ bytes: ObjectBytes, type: String) {
        self.bytes = bytes
        self.type = type
    }

    /// The MIME types of the second forms. Empty for nearly every object.
    var secondTypes: [String] {
        let host = HostKind(type: type)
        guard host != .opaque, bytes.size > 8 else { return [] }
        let head = bytes.chunk(at: 0, Self.chunkLength)
        // A comment of up to 65535 bytes may follow a ZIP's end record.
        let tail = bytes.chunk(at: max(0, bytes.size - Int64(Self.chunkLength) - 22), Self.chunkLength + 22)
        var found: [String] = []
        if host.mayCarryZIP, hasZipEnd(tail), !isAttachment(tail) {
            found.append("application/zip")
        }
        if isPDF(head, tail, host) { found.append("application/pdf") }
        if host == .zip, let form = formAtStart(head) { found.append(form) }
        if type == "application/pdf", Self.containsHTML(head.prefix(before: "%PDF-")) { found.append("text/html") }
        guard host == .image || host == .media else { return found }

        if ScriptPolyglot.isScript(head, tail, isWhole: bytes.size <= Int64(Self.chunkLength)) {
            found.append("text/javascript")
        }
        let end = MediaEnd(of: bytes, head: head).end
        let afterEnd = end.map { bytes.chunk(at: $0, Self.chunkLength) }
        // Without a known end, appended bytes are searched at the object's own end.
        let appended = [afterEnd, afterEnd?.end == bytes.size ? nil : tail].compactMap(\.self)
        if end != bytes.size { found += appendedForms(appended) }
        if host == .image {
            let chunks = [head] + (bytes.size > Int64(Self.chunkLength) ? appended + [tail] : [])
            if chunks.contains(where: Self.containsHTML) { found.append("text/html") }
            if chunks.contains(where: { Self.containsPHP($0, isLast: $0.end == bytes.size) }) {
                found.append("text/x-php")
            }
        }
        return found
    }

    /// Whether there is a header where readers of PDF search for it, and a body after it.
    private func isPDF(_ head: Chunk, _ tail: Chunk, _ host: HostKind) -> Bool {
        // Office for Mac stores a drawing as PDF within its EMF. A signature carries what it signs.
        guard type != "application/pdf", type != "image/emf", !isSignature(head) else { return false }
        let searchLength = min(head.bytes.count, 1024)
        guard let header = head.first("%PDF-", from: 0, to: searchLength) else { return false }
        switch host {
        case .zip:
            // A PDF that is stored as the first member of an archive is not a second form.
            guard head.number(at: 0, as: UInt32.self) == Self.localHeaderSignature, head.bytes.count > 30
            else { break }
            let data =
                30 + Int(head.number(at: 26, as: UInt16.self) ?? 0) + Int(head.number(at: 28, as: UInt16.self) ?? 0)
            guard header < data else { return false }
        case .image, .media, .text, .program, .unknown: break
        case .document, .opaque: return false
        }
        let hasBody = head.first(" obj", from: header, to: head.bytes.count) != nil
        let hasEnd = [head, tail].contains {
            $0.first("%%EOF", from: 0, to: $0.bytes.count) != nil
                || $0.first("startxref", from: 0, to: $0.bytes.count) != nil
        }
        return hasBody && hasEnd
    }

    /// The end records of ZIPs in the object's last bytes.
    private func zipEnds(_ tail: Chunk) -> [ZipEnd] {
        ZipEnd.places(in: Array(tail.bytes)).compactMap { place in
            try? ZipEnd(at: tail.start + Int64(place), reading: bytes.read)
        }
    }

    /// Whether a lenient reader would find a ZIP: an end record that leads to an entry, whatever follows it. With a
    /// 64-bit record the numbers may be meaningless.
    private func hasZipEnd(_ tail: Chunk) -> Bool {
        zipEnds(tail).reversed().contains { end in
            let leads = end.hasLocator || (try? end.followsDirectory(reading: bytes.read)) == true
            return end.hasEntries && leads && end.end <= bytes.size
        }
    }

    /// Whether the ZIP at the end of a PDF stands within a stream: it is an attachment, stored as it is.
    private func isAttachment(_ tail: Chunk) -> Bool {
        guard type == "application/pdf", let end = zipEnds(tail).last else { return false }
        let rest = Int(end.end - tail.start)
        return rest < tail.bytes.count
            && tail.first("endstream", from: rest, to: min(rest + 16, tail.bytes.count)) != nil
    }

    /// Whether the bytes begin as a CMS signature or time stamp (RFC 5652; OID 1.2.840.113549.1).
    private func isSignature(_ head: Chunk) -> Bool {
        head.byte(at: 0) == 0x30 && head.first([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1], from: 0, to: 24) != nil
    }

    /// The form of the start of an object that libmagic detected as a ZIP by its end. Nil if the ZIP begins at the
    /// first byte.
    private func formAtStart(_ head: Chunk) -> String? {
        if head.matches("pk", at: 0) { return nil }
        if head.matches("mz", at: 0) { return "application/vnd.microsoft.portable-executable" }
        if head.matches("\u{7F}elf", at: 0) { return "application/x-executable" }
        if head.matches("bm", at: 0), head.number(at: 6, as: UInt32.self) == 0 { return "image/bmp" }
        if head.matches("#!", at: 0) { return "text/x-shellscript" }
        let compressed: [(magic: [UInt8], type: String)] = [
            ([0x1F, 0x8B], "application/gzip"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "application/x-xz"),
            ([0x28, 0xB5, 0x2F, 0xFD], "application/zstd"), (Array("BZh".utf8), "application/x-bzip2"),
            (Array("Rar!".utf8), "application/vnd.rar"), (sevenZip, "application/x-7z-compressed"),
        ]
        if let form = compressed.first(where: { head.bytes.starts(with: $0.magic) }) { return form.type }
        if Self.containsHTML(head.prefix(before: "PK\u{03}\u{04}")) { return "text/html" }
        let start = head.bytes.prefix(16)
        return start.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || (9...13).contains($0) }) ? "text/plain" : nil
    }

    private func appendedForms(_ chunks: [Chunk]) -> [String] {
        var found: [String] = []
        func search(for type: String, _ contains: (Chunk) -> Bool) {
            if chunks.contains(where: contains) { found.append(type) }
        }
        search(for: "application/vnd.rar") { $0.first("Rar!\u{1A}\u{07}", from: 0, to: $0.bytes.count) != nil }
        search(for: "application/x-7z-compressed") { $0.first(sevenZip, from: 0, to: $0.bytes.count) != nil }
        search(for: "application/vnd.microsoft.portable-executable") { containsPE($0) }
        search(for: "application/x-executable") { containsELF($0) }
        return found
    }

    private func containsPE(_ chunk: Chunk) -> Bool {
        chunk.all("MZ").contains { start in
            guard let header = chunk.number(at: start + 60, as: UInt32.self), (64...4096).contains(header) else {
                return false
            }
            return bytes.chunk(at: chunk.start + Int64(start) + Int64(header), 4).bytes == [0x50, 0x45, 0, 0]
        }
    }

    private func containsELF(_ chunk: Chunk) -> Bool {
        chunk.all("\u{7F}ELF").contains { start in
            // 32 or 64 bits, either byte order, version 1.
            guard start + 20 <= chunk.bytes.count else { return false }
            let ident = chunk.bytes[(start + 4)...(start + 6)]
            return ident.first.map { $0 == 1 || $0 == 2 } == true
                && (ident[start + 5] == 1 || ident[start + 5] == 2) && ident[start + 6] == 1
        }
    }

    private static func containsHTML(_ chunk: Chunk) -> Bool {
        let chunk = chunk.lowercased
        let end = chunk.bytes.count
        if ["<script", "<html", "<iframe", "<!doctype html"].contains(where: {
            chunk.first($0, from: 0, to: end) != nil
        }) {
            return true
        }
        var handler = 0
        for start in chunk.all("<svg") {
            // Each text is searched once, however often a hostile image contains it.
            if handler < start { handler = chunk.first("onload", from: start, to: end) ?? end }
            if handler < min(end, start + 512) { return true }
        }
        return false
    }

    /// - Parameter isLast: whether the chunk extends to the object's end, which also ends a script.
    private static func containsPHP(_ chunk: Chunk, isLast: Bool) -> Bool {
        let end = chunk.bytes.count
        let lowercased = chunk.lowercased
        for start in lowercased.all("<?php") {
            if let next = chunk.byte(at: start + 5), [0x20, 9, 10, 13].contains(next) { return true }
        }
        var close = 0
        for start in chunk.all("<?=") {
            // Three bytes alone occur by chance. An expression is text and has an end.
            if close < start + 3 { close = chunk.first("?>", from: start + 3, to: end) ?? end }
            let isClosed = close < end || (isLast && end > start + 7)
            guard isClosed, close > start + 3, close <= start + 1024 else { continue }
            // An expression that does something has a variable, a call or a text. Pixels may be in the same range.
            let expression = chunk.bytes[(start + 3)..<close]
            if expression.allSatisfy({ (0x20...0x7E).contains($0) || (9...13).contains($0) }),
                expression.contains(where: { "$('\"`".utf8.contains($0) })
            {
                return true
            }
        }
        return false
    }
}

private let sevenZip: [UInt8] = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]

/// The kinds of object that differ in what else they may legitimately contain.
private enum HostKind {
    case image, media, text, document, zip, program
    /// Bytes without a known form.
    case unknown
    /// Archives and similar formats contain other files unchanged: nothing in them is a second form.
    case opaque

    init(type: String) {
        switch type {
        case "image/svg+xml", "image/x-xpixmap", "image/x-xbitmap": self = .text
        case "application/pdf", "application/postscript", "application/vnd.ms-opentype": self = .document
        case "application/json", "application/x-ndjson", "application/javascript", "application/x-subrip": self = .text
        // A script may contain an archive.
        case "text/x-shellscript", "text/x-script.python", "text/x-msdos-batch": self = .program
        case "application/zip", "application/java-archive", "application/epub+zip",
            "application/vnd.android.package-archive", "application/x-chrome-extension":
            self = .zip
        case "application/x-executable", "application/x-pie-executable", "application/x-sharedlib",
            "application/x-mach-binary", "application/vnd.microsoft.portable-executable", "application/x-dosexec":
            self = .program
        case "application/octet-stream": self = .unknown
        default:
            if type.utf8.starts(with: "image/".utf8) {
                self = .image
            } else if type.utf8.starts(with: "audio/".utf8) || type.utf8.starts(with: "video/".utf8) {
                self = .media
            } else if type.utf8.starts(with: "text/".utf8) {
                self = .text
            } else if type.utf8.starts(with: "font/".utf8) {
                self = .document
            } else if type.utf8.starts(with: "application/vnd.openxmlformats-officedocument.".utf8)
                || type.utf8.starts(with: "application/vnd.oasis.opendocument.".utf8)
            {
                self = .zip
            } else {
                self = .opaque
            }
        }
    }

    var mayCarryZIP: Bool {
        switch self {
        case .image, .media, .text, .document: true
        case .zip, .program, .unknown, .opaque: false
        }
    }
}
