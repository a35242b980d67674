import Unpacking

/// Corrects libmagic's answer where it is known to guess, or to give up although the bytes have a mark.
///
/// `docs/TYPES.md` lists the cases. Only the beginning is read, and of a ZIP its directory.
struct TypeRefinement {
    /// How much of the bytes is looked at from the start, and at the end for what only stands there.
    private static let headLength = 64 << 10
    private static let tailLength = 2 << 10

    private let head: Chunk
    /// The whole file, if it is there.
    private let file: FileSlice?

    /// - Parameter isWhole: whether the bytes are the whole file, so that their end is its end.
    init(_ bytes: FileSlice, isWhole: Bool) throws(UnpackingError) {
        head = Chunk(start: 0, bytes: try bytes.bytes(at: 0, count: Self.headLength))
        file = isWhole ? bytes : nil
    }

    /// - Parameter head: the file's first bytes, where the rest is not known.
    init(head: [UInt8]) {
        self.head = Chunk(start: 0, bytes: Array(head.prefix(Self.headLength)))
        file = nil
    }

    /// - Parameter type: as libmagic named it.
    func refined(_ type: String) -> String {
        // "application/x-executable, no program header": a remark behind the type.
        let type = String(type.prefix { $0 != "," })
        if Self.chanceTypes.contains(type), isText { return "text/plain" }
        if type == "application/x-arc", !mayBeARC { return "application/octet-stream" }
        switch type {
        case "application/pdf" where isTextAboutPDF: return "text/plain"
        case "text/html": return markupType ?? (beginsAsPage ? type : "text/plain")
        case "text/xml": return markupType ?? type
        case "image/x-tga" where isIcon: return "image/vnd.microsoft.icon"
        case "image/tiff": return isDICOM ? "application/dicom" : type
        // libmagic has no answer to a single byte.
        case "application/octet-stream" where head.bytes.count == 1 && isText: return "text/plain"
        case "application/octet-stream", "text/plain": return knownMark ?? markupType ?? type
        case "application/zip": return documentType ?? type
        default:
            if type.hasPrefix("application/vnd.openxmlformats-officedocument.") {
                return documentType ?? type
            }
            return type.hasPrefix("text/x-") ? markupType ?? type : type
        }
    }

    // MARK: Marks that libmagic passes over

    private var knownMark: String? {
        if head.bytes.starts(with: [0x50, 0x4B, 3, 4]) { return documentType ?? "application/zip" }
        // A component, which has another version than a module.
        if head.bytes.starts(with: [0, 0x61, 0x73, 0x6D]), head.bytes.dropFirst(6).starts(with: [1, 0]) {
            return "application/wasm"
        }
        if head.matches("rifx", at: 0), head.matches("wave", at: 8) { return "audio/x-wav" }
        if head.bytes.starts(with: [1, 0, 0, 0]), head.matches(" emf", at: 40) { return "image/emf" }
        return MovieBoxes.type(of: head, size: file?.size) ?? (isPDF ? "application/pdf" : nil)
    }

    /// The type of the document that a ZIP is. A ZIP whose directory cannot be read is just that: the scan reports it.
    private var documentType: String? {
        guard let file else { return nil }
        return (try? ZipDocumentType.find(in: file)) ?? nil
    }

    /// Whether an icon or a cursor of Windows begins: a number of images, and the first one right behind their list.
    /// That of a picture of 256 by 256 looks like a Targa to libmagic.
    private var isIcon: Bool {
        guard head.bytes.starts(with: [0, 0, 1, 0]) || head.bytes.starts(with: [0, 0, 2, 0]),
            let count = head.number(at: 4, as: UInt16.self), let first = head.number(at: 18, as: UInt32.self)
        else { return false }
        return count > 0 && head.byte(at: 9) == 0 && first == 6 + 16 * UInt32(count)
    }

    /// Whether the name of a first member follows ARC's two bytes, which is all that libmagic looks at. HYP (`H`) has
    /// none.
    private var mayBeARC: Bool {
        let name = head.bytes.dropFirst(2).prefix(13)
        guard head.byte(at: 1) != 0x48, let end = name.firstIndex(of: 0) else { return head.byte(at: 1) == 0x48 }
        return end > name.startIndex && name[..<end].allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private var isDICOM: Bool { head.matches("dicm", at: 128) }

    /// Whether a PDF begins within the first 1024 bytes, where readers look for its header, and has a body.
    private var isPDF: Bool {
        // In a signed or time-stamped PDF the signature is the form, and its content a layer.
        guard !isDERSequence, let header = head.first("%PDF-", from: 0, to: 1024),
            head.byte(at: header + 5).map({ (0x30...0x39).contains($0) }) ?? false,
            head.first(" obj", from: header, to: head.bytes.count) != nil
        else { return false }
        guard let file else { return true }
        let tail = try? file.bytes(at: max(0, file.size - Int64(Self.tailLength)), count: Self.tailLength)
        return [head, Chunk(start: 0, bytes: tail ?? [])].contains { chunk in
            ["%%EOF", "startxref"].contains { chunk.first($0, from: 0, to: chunk.bytes.count) != nil }
        }
    }

    /// Whether a text has the header of a PDF near its start, and no object behind it: no reader opens it.
    private var isTextAboutPDF: Bool {
        guard let file, file.size <= Int64(head.bytes.count), !head.matches("%pdf-", at: 0), isText,
            let header = head.first("%PDF-", from: 0, to: 1024)
        else { return false }
        return head.first("obj", from: header, to: head.bytes.count) == nil
    }

    private var isDERSequence: Bool { head.byte(at: 0) == 0x30 && head.byte(at: 1).map { $0 >= 0x80 } ?? false }

    // MARK: Text

    /// Types with a short magic number, which a text may begin with by chance.
    private static let chanceTypes: Set<String> = [
        "application/x-dosexec", "application/vnd.microsoft.portable-executable", "application/x-rar",
        "application/x-shockwave-flash", "application/x-arc", "application/x-compress", "application/x-coff",
        "application/x-dosdriver", "application/x-ms-ne-executable", "image/gif", "image/bmp", "image/x-ms-bmp",
        "image/x-tga", "image/x-pcx", "image/x-award-bioslogo", "image/x-corel-cpt", "image/x-gimp-gbr",
        "image/x-gimp-pat", "audio/mpeg", "audio/x-mod",
        "audio/x-unknown", "video/mpeg", "video/quicktime", "application/x-bzip2", "application/x-bzip",
        "application/x-lzh-compressed", "application/x-lharc", "application/x-lha", "application/x-arj",
    ]

    /// Whether all of the head are characters of UTF-8, without control characters that no text has.
    private var isText: Bool {
        guard !head.bytes.isEmpty,
            head.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) || $0 == 0x1B })
        else { return false }
        if head.bytes.allSatisfy({ $0 < 0x80 }) { return true }
        // The head may end within a character.
        return (0...3).contains { String(validating: head.bytes.dropLast($0), as: UTF8.self) != nil }
    }

    /// The tags by which browsers recognise HTML at a resource's start (WHATWG, "MIME Sniffing", 7.1).
    private static let pageTags = [
        "<!doctype html", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style",
        "<title", "<b", "<body", "<br", "<p",
    ]

    /// Whether a browser would recognise the text as HTML: behind blanks, a tag with a blank or `>` after it.
    private var beginsAsPage: Bool {
        let text = MarkupText(head)
        var start = text.endOfBlanks(from: 0)
        // Browsers take a comment alone for HTML. A comment may also begin a Markdown file or a template.
        while text.chunk.matches("<!--", at: start), let end = text.chunk.first("-->", from: start, to: text.count) {
            start = text.endOfBlanks(from: end + 3)
        }
        return Self.pageTags.contains { tag in
            guard text.chunk.matches(tag, at: start) else { return false }
            guard let next = text.chunk.byte(at: start + tag.utf8.count) else { return false }
            return next == UInt8(ascii: ">") || MarkupText.isBlank(next)
        }
    }

    /// SVG or XHTML by the root element, behind a byte order mark, blanks, declarations and comments.
    private var markupType: String? {
        let text = MarkupText(head)
        guard let root = text.rootElement else { return nil }
        switch root.name {
        case "svg": return "image/svg+xml"
        case "html" where root.attributes.contains("http://www.w3.org/1999/xhtml"): return "application/xhtml+xml"
        default: return nil
        }
    }
}
