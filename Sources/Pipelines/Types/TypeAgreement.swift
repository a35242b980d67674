/// Whether the declared type agrees with the type that was detected in the bytes. The policy is written down in
/// `docs/TYPES.md`.
///
/// A declared type is contradicted only by evidence: if its files have a mark that these bytes lack, or if the bytes
/// are of a class that is dangerous behind the declared one. What is only generic or guessed contradicts nothing.
enum TypeAgreement: Equatable {
    /// The types are the same, the declared type says nothing, or the detected type is a special case of it.
    case agrees
    /// The bytes may be what was declared: the declared type says more than was detected.
    case mayHold
    case contradicts

    init(declared: String?, detected: MediaType) {
        let agreements = MediaType.declared(in: declared).map { TypeAgreement($0, detected) }
        if detected.isEmpty {
            self = .agrees
        } else if agreements.contains(.contradicts) {
            self = .contradicts
        } else {
            self = agreements.contains(.mayHold) ? .mayHold : .agrees
        }
    }

    private init(_ declared: MediaType, _ detected: MediaType) {
        let (expected, found) = (declared.canonical, detected.canonical)
        if expected == found || TypeFamily.isKind(found, of: expected) {
            self = .agrees
        } else if TypeFamily.areRelated(expected, found) || detected.canHold(declared) {
            self = .mayHold
        } else if Self.isDangerous(TypeClass(detected), behind: TypeClass(declared)) || declared.hasReliableMark {
            self = .contradicts
        } else {
            self = .mayHold
        }
    }

    /// Whether bytes of one class could do harm, or could not be what was declared, if they are served as another.
    static func isDangerous(_ found: TypeClass, behind declared: TypeClass) -> Bool {
        switch found {
        case .empty, .unknown, .data, .text: false
        // A person who opens the file would run it.
        case .program: declared != .program
        // A server or a browser that looks at the bytes would run them.
        case .page, .script: declared.isMedia || declared == .document || declared == .archive
        case .archive, .document: declared.isMedia || declared.isText
        // Text never has the marks of these.
        case .picture, .sound, .film, .font, .model: declared.isText
        }
    }
}

extension MediaType {
    /// Returns the types in a `Content-Type`, without generic ones. It may list several types, separated by commas;
    /// browsers use the last one that they can parse (Fetch Standard, "extract a MIME type"). Parts that are not types
    /// are ignored, as browsers ignore them.
    static func declared(in contentType: String?) -> [MediaType] {
        guard let contentType else { return [] }
        return contentType.utf8.split(separator: UInt8(ascii: ",")).compactMap { MediaType(String(Substring($0))) }
            .filter { !genericTypes.contains($0.canonical) }
    }

    /// Whether a file of this detected type may be of the declared type, which is a special case of it.
    fileprivate func canHold(_ declared: MediaType) -> Bool {
        if isPackedXML(declared) || isPackedText(declared) { return true }
        if sharedEndings[declared.canonical]?.contains(canonical) == true { return true }
        if registeredForText[declared.canonical] != nil, TypeClass(self) == .text { return true }
        // A mark would show in text, too.
        return TypeFamily.isKind(declared.canonical, of: canonical)
            && (canonical != "text/plain" || !declared.hasReliableMark)
    }

    /// The type of the text that a file of this declared type is. Nil if this type is not declared for texts. XML and
    /// letters are what they are: Word opens them as documents, with macros.
    func text(holding found: MediaType) -> MediaType? {
        guard let text = registeredForText[canonical], [.text, .unknown, .empty].contains(TypeClass(found)) else {
            return nil
        }
        // A printer and its viewers run it as a program.
        guard canonical != MediaTypeNames.canonical("application/postscript") else { return nil }
        let isLetter = found.topLevel == "message" && !found.isGuess
        return isLetter || TypeFamily.isKind(found.canonical, of: xml) ? found : text
    }

    /// Whether a file of this type may have no bytes, as texts may.
    var mayBeEmpty: Bool { registeredForText[canonical] != nil || TypeClass(self).isText && !hasReliableMark }

    /// Whether this is one packed file, and the declared type is that of a text.
    func isPackedText(_ declared: MediaType) -> Bool {
        packedStreams.contains(canonical) && TypeClass(declared).isText && !isPackedXML(declared)
    }

    /// Programs save their XML packed: SVGZ, Dia, AbiWord.
    private func isPackedXML(_ declared: MediaType) -> Bool {
        canonical == "application/gzip" && TypeFamily.isKind(declared.canonical, of: xml)
    }

    /// Whether every file of this type has a mark that is recognised in its bytes.
    fileprivate var hasReliableMark: Bool {
        guard !dosProgramNames.contains(text) else { return false }
        return reliablyMarked.contains(canonical) || markedPrefixes.contains(where: canonical.hasPrefix)
    }

    /// Whether libmagic guesses this type by words in a text: the name of a language, or CSV by its separators.
    var isGuess: Bool {
        TypeClass(self) == .text && (topLevel == "text" || canonical == "message/news")
            && !["text/xml", "text/calendar", "text/vcard", "text/vtt"].contains(canonical)
    }
}

/// Types that storage services and upload tools declare by default.
private let genericTypes: Set<String> = [
    "application/octet-stream", "binary/octet-stream", "application/x-octet-stream", "application/unknown",
    "application/force-download", "application/download", "application/x-download",
    // curl's default for `--data-binary`.
    "application/x-www-form-urlencoded",
]

/// One file, packed. The AWS CLI and others take the type of `table.csv.gz` from the name before the last ending, and
/// declare no encoding.
private let packedStreams = Set(
    ["application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd", "application/x-compress"]
        .map(MediaTypeNames.canonical))

private let xml = MediaTypeNames.canonical("application/xml")

/// Types that operating systems register for endings of text files, with the type of those: Windows with Office for
/// .csv, and the tables of most systems for .ts, for .pot of gettext, for .doc and .dot, .ps without a first line,
/// .msg, .asx, a list of films, and .mid, a table of MapInfo.
private let registeredForText: [String: MediaType] = [
    "application/vnd.ms-excel": MediaType("text/csv")!, "video/mp2t": plainText,
    "application/vnd.ms-powerpoint": plainText, "application/msword": plainText, "application/postscript": plainText,
    "application/vnd.ms-outlook": plainText, "video/x-ms-asf": plainText, "audio/midi": MediaType("text/csv")!,
]

/// Types that the systems' tables name for an ending of two kinds of files: .otf, .key, .dot, .mod, .ts, .a, .apk (of
/// Alpine Linux), .sub (of DVDs), .spx (an index of a geodatabase), .cdr and .dwf (newer ones are a ZIP); and for .csv,
/// of which some have an encoding without a mark.
private let sharedEndings: [String: Set<String>] = [
    "application/vnd.oasis.opendocument.formula-template": ["font/otf"],
    "application/pgp-keys": ["application/zip", "application/vnd.apple.keynote"],
    "text/vnd.graphviz": ["application/msword"],
    "application/xml-dtd": ["audio/x-mod"],
    "text/vnd.trolltech.linguist": ["video/mp2t"],
    "text/vnd.a": ["application/x-archive"],
    "application/vnd.android.package-archive": ["application/gzip"],
    "text/x-microdvd": ["video/mpeg"],
    "application/vnd.ms-excel": ["application/octet-stream"],
    "audio/ogg": ["application/octet-stream"],
    "application/vnd.corel-draw": ["application/zip"],
    "model/vnd.dwf": ["application/zip"],
    "application/vnd.ms-outlook": ["message/rfc822"],
    // A picture in an OLE2 file, and one without the boxes around it.
    "image/vnd.fpx": ["application/vnd.ms-office", "application/x-ole-storage", "application/cdfv2"],
    "image/jp2": ["image/x-jp2-codestream"],
]

/// Names for whatever DOS and Windows start: programs with `MZ`, and those without a mark, .com and .bat.
private let dosProgramNames: Set<String> = [
    "application/x-msdos-program", "application/x-ms-dos-executable", "application/x-msdownload",
]

/// Types whose mark libmagic 5.44, or the scanner's own look at the bytes, recognised in each file of that type that
/// was tried. Sound and film whose frames have no header, and formats whose mark is short, are not among them.
private let reliablyMarked: Set<String> = Set(
    [
        "image/png", "image/jpeg", "image/gif", "image/bmp", "image/webp", "image/tiff", "image/vnd.adobe.photoshop",
        "image/vnd.microsoft.icon", "image/jp2", "image/jxl", "image/heic", "image/heif", "image/avif", "image/x-xcf",
        "image/svg+xml", "image/vnd.djvu",
        "audio/flac", "audio/ogg", "audio/midi", "audio/wav", "audio/mp4", "video/mp4", "video/quicktime", "video/3gpp",
        "video/3gpp2", "video/x-m4v", "video/webm", "audio/webm", "video/x-matroska", "video/x-msvideo", "video/ogg",
        "application/ogg", "video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma", "video/x-flv",
        "font/woff", "font/woff2",
        "application/pdf", "application/postscript", "text/rtf", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "application/vnd.visio", "application/epub+zip",
        "application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar",
        "application/x-bzip2", "application/x-xz", "application/zstd", "application/java-archive",
        "application/vnd.android.package-archive", "application/vnd.microsoft.portable-executable",
        "application/x-executable", "application/x-mach-binary", "application/wasm", "application/java-vm",
        "application/vnd.sqlite3",
    ].map(MediaTypeNames.canonical))

private let markedPrefixes = [
    "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.", "application/vnd.ms-word.",
    "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.",
]
