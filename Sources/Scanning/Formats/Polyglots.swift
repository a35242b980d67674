/// In which forms an object can be read beside its own: a ZIP behind a picture, a picture that is a script, and the like.
///
/// Readers differ in where they look for the mark of a form. A ZIP is found from its end, a PDF within its first
/// 1024 bytes, a page or a script of PHP anywhere, so that one file is of one type to libmagic and of another to the
/// program that opens it. Only a bounded part of the object is looked at, whatever its size.
struct Polyglots {
    /// Bytes that are looked at from the object's start, from its end, and from where a picture in it ends.
    static let window = 64 << 10

    private let bytes: ObjectBytes
    private let type: String

    /// - Parameter type: what libmagic calls the object.
    init(_ bytes: ObjectBytes, type: String) {
        self.bytes = bytes
        self.type = type
    }

    /// MIME types, each once; none for nearly every object.
    var secondTypes: [String] {
        let host = Host(type: type)
        guard host != .opaque, bytes.size > 8 else { return [] }
        let head = bytes.window(at: 0, Self.window)
        // A ZIP's end record may have a comment of 65535 bytes behind it.
        let tail = bytes.window(at: max(0, bytes.size - Int64(Self.window) - 22), Self.window + 22)
        var found: [String] = []
        if host.mayCarryZIP, ZIPTail(in: tail, of: bytes) != nil { found.append("application/zip") }
        if isPDF(head, tail, host) { found.append("application/pdf") }
        if host == .zip, let form = formBefore(head) { found.append(form) }
        if type == "application/pdf", Self.holdsPage(head.prefix(before: "%PDF-")) { found.append("text/html") }
        guard host == .picture || host == .media else { return found }

        if ScriptForm.isScript(head, tail, isWhole: bytes.size <= Int64(Self.window)) {
            found.append("text/javascript")
        }
        let end = FormEnd(of: bytes, head: head).end
        let behind = end.map { bytes.window(at: $0, Self.window) }
        // Where the end is not known, what was put behind it is looked for at the object's own end.
        let appended = [behind, behind?.end == bytes.size ? nil : tail].compactMap(\.self)
        if end != bytes.size { found += appendedForms(appended) }
        if host == .picture {
            let places = [head] + (bytes.size > Int64(Self.window) ? appended + [tail] : [])
            if places.contains(where: Self.holdsPage) { found.append("text/html") }
            if places.contains(where: { Self.holdsPHP($0, isLast: $0.end == bytes.size) }) {
                found.append("text/x-php")
            }
        }
        return found
    }

    /// A header where readers of PDF look for it, with a body behind it.
    private func isPDF(_ head: Window, _ tail: Window, _ host: Host) -> Bool {
        guard type != "application/pdf" else { return false }
        let reach = min(head.bytes.count, 1024)
        guard let header = head.first("%PDF-", from: 0, to: reach) else { return false }
        switch host {
        case .zip:
            // A document that is stored in an archive as its first member begins there, and is where it belongs.
            guard head.number(at: 0, as: UInt32.self) == ZIPTail.localMark, head.bytes.count > 30 else { break }
            let data =
                30 + Int(head.number(at: 26, as: UInt16.self) ?? 0) + Int(head.number(at: 28, as: UInt16.self) ?? 0)
            guard header < data else { return false }
        case .picture, .media, .text, .program, .unknown: break
        case .document, .opaque: return false
        }
        let hasBody = head.first(" obj", from: header, to: head.bytes.count) != nil
        let hasEnd = [head, tail].contains {
            $0.first("%%EOF", from: 0, to: $0.bytes.count) != nil
                || $0.first("startxref", from: 0, to: $0.bytes.count) != nil
        }
        return hasBody && hasEnd
    }

    /// What an object is from its start, of which libmagic saw the ZIP at its end; nil for a ZIP from its first byte on.
    private func formBefore(_ head: Window) -> String? {
        if head.says("pk", at: 0) { return nil }
        if head.says("mz", at: 0) { return "application/vnd.microsoft.portable-executable" }
        if head.says("\u{7F}elf", at: 0) { return "application/x-executable" }
        if head.says("bm", at: 0), head.number(at: 6, as: UInt32.self) == 0 { return "image/bmp" }
        if head.says("#!", at: 0) { return "text/x-shellscript" }
        let packed: [(mark: [UInt8], type: String)] = [
            ([0x1F, 0x8B], "application/gzip"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "application/x-xz"),
            ([0x28, 0xB5, 0x2F, 0xFD], "application/zstd"), (Array("BZh".utf8), "application/x-bzip2"),
            (Array("Rar!".utf8), "application/vnd.rar"), (sevenZip, "application/x-7z-compressed"),
        ]
        if let form = packed.first(where: { head.bytes.starts(with: $0.mark) }) { return form.type }
        if Self.holdsPage(head.prefix(before: "PK\u{03}\u{04}")) { return "text/html" }
        let start = head.bytes.prefix(16)
        return start.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || (9...13).contains($0) }) ? "text/plain" : nil
    }

    private func appendedForms(_ places: [Window]) -> [String] {
        var found: [String] = []
        func look(for type: String, _ isThere: (Window) -> Bool) {
            if places.contains(where: isThere) { found.append(type) }
        }
        look(for: "application/vnd.rar") { $0.first("Rar!\u{1A}\u{07}", from: 0, to: $0.bytes.count) != nil }
        look(for: "application/x-7z-compressed") { $0.first(sevenZip, from: 0, to: $0.bytes.count) != nil }
        look(for: "application/vnd.microsoft.portable-executable") { holdsProgramOfWindows($0) }
        look(for: "application/x-executable") { holdsELF($0) }
        return found
    }

    private func holdsProgramOfWindows(_ place: Window) -> Bool {
        place.all("MZ").contains { start in
            guard let header = place.number(at: start + 60, as: UInt32.self), (64...4096).contains(header) else {
                return false
            }
            return bytes.window(at: place.start + Int64(start) + Int64(header), 4).bytes == [0x50, 0x45, 0, 0]
        }
    }

    private func holdsELF(_ place: Window) -> Bool {
        place.all("\u{7F}ELF").contains { start in
            // 32 or 64 bits, either order of bytes, version 1.
            guard start + 20 <= place.bytes.count else { return false }
            let marks = place.bytes[(start + 4)...(start + 6)]
            return marks.first.map { $0 == 1 || $0 == 2 } == true
                && (marks[start + 5] == 1 || marks[start + 5] == 2) && marks[start + 6] == 1
        }
    }

    private static func holdsPage(_ place: Window) -> Bool {
        let place = place.inSmallLetters
        let end = place.bytes.count
        if ["<script", "<html", "<iframe", "<!doctype html"].contains(where: {
            place.first($0, from: 0, to: end) != nil
        }) {
            return true
        }
        var handler = 0
        for start in place.all("<svg") {
            // Both lists are gone through once, whatever a hostile picture holds of them.
            if handler < start { handler = place.first("onload", from: start, to: end) ?? end }
            if handler < min(end, start + 512) { return true }
        }
        return false
    }

    /// - Parameter isLast: whether the place reaches to the object's end, which ends a script as well.
    private static func holdsPHP(_ place: Window, isLast: Bool) -> Bool {
        let end = place.bytes.count
        let small = place.inSmallLetters
        for start in small.all("<?php") {
            if let next = place.byte(at: start + 5), [0x20, 9, 10, 13].contains(next) { return true }
        }
        var close = 0
        for start in place.all("<?=") {
            // Three bytes alone come about by chance; what is evaluated is text, and ends.
            if close < start + 3 { close = place.first("?>", from: start + 3, to: end) ?? end }
            let isClosed = close < end || (isLast && end > start + 7)
            if isClosed, close > start + 3, close <= start + 1024,
                place.bytes[(start + 3)..<close].allSatisfy({ (0x20...0x7E).contains($0) || (9...13).contains($0) })
            {
                return true
            }
        }
        return false
    }
}

private let sevenZip: [UInt8] = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]

/// What an object is by its own type, as far as it matters what else may be in it by rights.
private enum Host {
    case picture, media, text, document, zip, program
    /// Bytes without a form of their own.
    case unknown
    /// Archives and the like hold other files as they are: nothing in them is a second form.
    case opaque

    init(type: String) {
        switch type {
        case "image/svg+xml", "image/x-xpixmap", "image/x-xbitmap": self = .text
        case "application/pdf", "application/postscript", "application/vnd.ms-opentype": self = .document
        case "application/json", "application/x-ndjson", "application/javascript", "application/x-subrip": self = .text
        // A program in text may carry an archive of its own.
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
                self = .picture
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
        case .picture, .media, .text, .document: true
        case .zip, .program, .unknown, .opaque: false
        }
    }
}
