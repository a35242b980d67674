/// How the type that an uploader declared stands to the one that libmagic found in the bytes.
enum TypeAgreement: Equatable {
    /// They are the same, the declared one says nothing, or it is true in a wider sense (`text/plain` of JSON).
    case agrees
    /// The declared type claims more than libmagic can tell from the bytes: `application/zip` declared as a word
    /// processor's document, `text/plain` declared as Markdown. The bytes do not speak against it.
    case claimsMore
    case contradicts

    init(declared: String?, detected: MediaType) {
        guard !detected.isEmpty else {
            self = .agrees
            return
        }
        let claims = MediaType.claims(declared).map { TypeAgreement($0, detected) }
        if claims.contains(.contradicts) {
            self = .contradicts
        } else {
            self = claims.contains(.claimsMore) ? .claimsMore : .agrees
        }
    }

    private init(_ claim: MediaType, _ detected: MediaType) {
        if claim.canonical == detected.canonical || (claim.canonical == "text/plain" && detected.isText) {
            self = .agrees
        } else if detected.mayBe(claim) {
            self = .claimsMore
        } else {
            self = .contradicts
        }
    }
}

extension MediaType {
    /// What a `Content-Type` claims its bytes to be: one type, or several that stand with commas between them, of which
    /// browsers take the last that they can read (Fetch Standard, "extract a MIME type"). What can't be read as a type
    /// claims nothing: a browser would not follow it either.
    static func claims(_ declared: String?) -> [MediaType] {
        guard let declared else { return [] }
        return declared.utf8.split(separator: UInt8(ascii: ",")).compactMap { MediaType(String(Substring($0))) }
            .filter { !saysNothing.contains($0.canonical) }
    }
}

/// What storage services and upload tools declare when nobody told them.
private let saysNothing: Set<String> = [
    "application/octet-stream", "binary/octet-stream", "application/x-octet-stream", "application/unknown",
    "application/force-download", "application/download", "application/x-download",
    // curl's own for `--data-binary`.
    "application/x-www-form-urlencoded",
]

/// Containers of one form that differ by what is in them, or by a mark that writers set carelessly.
private let families: [Set<String>] = [
    // The ISO base media file format: the brand alone tells them apart.
    [
        "video/mp4", "audio/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "audio/3gpp", "video/3gpp2",
        "audio/3gpp2",
    ],
    ["image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif"],
    [
        "application/ogg", "audio/ogg", "video/ogg", "audio/opus", "audio/vorbis", "audio/x-opus+ogg",
        "audio/x-vorbis+ogg",
    ],
    ["video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"],
    ["video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma"],
    ["application/x-executable", "application/x-pie-executable", "application/x-sharedlib"],
    // The outlines' form is told by a table within.
    ["font/sfnt", "font/ttf", "font/otf"],
]

/// By what libmagic found: what else it may be, as far as the beginning of the bytes shows. A name that ends in `.` or
/// starts with `+` stands for all types that start or end so.
private let mayBeMore: [String: [String]] = [
    // The order of a ZIP's members decides whether libmagic sees more than a ZIP.
    "application/zip": [
        "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.",
        "application/vnd.ms-word.", "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.",
        "application/java-archive", "application/vnd.android.package-archive", "application/epub+zip", "+zip",
        "application/vnd.google-earth.kmz", "application/vnd.apple.", "application/x-iwork-pages-sffpages",
        "application/x-iwork-numbers-sffnumbers", "application/x-iwork-keynote-sffkey", "application/oxps",
        "application/vnd.ms-xpsdocument", "model/3mf",
    ],
    // Macros make no difference to libmagic.
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["application/vnd.ms-word."],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["application/vnd.ms-excel."],
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["application/vnd.ms-powerpoint."],
    // A document under a password; that it is encrypted is for the scan to say.
    "application/encrypted": ["application/vnd.openxmlformats-officedocument."],
    // What an OLE2 file holds is told by a directory that may stand at its end.
    "application/x-ole-storage": [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
        "application/vnd.visio", "application/x-msi",
    ],
    "application/cdfv2": [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
        "application/vnd.visio", "application/x-msi",
    ],
    // A packed tar is named by both of its forms, by one, or by what Windows calls all archives.
    "application/gzip": [
        "application/x-tar", "application/x-gtar", "application/x-tgz", "application/x-compressed-tar",
        "application/x-compressed", "+gzip",
    ],
    "application/x-bzip2": ["application/x-bzip-compressed-tar", "application/x-bzip2-compressed-tar"],
    "application/x-xz": ["application/x-xz-compressed-tar"],
    "application/zstd": ["application/x-zstd-compressed-tar"],
    "application/x-7z-compressed": ["application/x-compressed"],
    "application/vnd.rar": ["application/x-compressed"],
    "application/json": [
        "application/yaml", "application/x-ndjson", "application/jsonl", "application/manifest+json", "+json",
    ],
    "application/x-ndjson": ["application/json", "application/jsonl"],
    "text/xml": ["image/svg+xml", "+xml"],
    // Windows with Office registers these for the endings .rtf and .csv.
    "text/rtf": ["application/msword"],
    "text/csv": ["application/vnd.ms-excel"],
    "text/plain": ["application/vnd.ms-excel"],
    "image/png": ["image/apng", "image/vnd.mozilla.apng"],
    // Cameras' raw forms are TIFF.
    "image/tiff": [
        "image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-sony-arw", "image/x-pentax-pef",
    ],
    // A drawing of Illustrator is a PDF within, and browsers know its ending as PostScript's.
    "application/pdf": ["application/illustrator", "application/postscript"],
    "application/postscript": ["image/x-eps", "application/eps", "application/illustrator"],
]

/// Text that libmagic knows by a mark of its own. Its other words for text are guesses at the language.
private let markedText: Set<String> = ["text/html", "text/xml", "text/rtf", "text/calendar", "text/vcard"]

/// Types outside of `text/` that are written in text without a mark that libmagic would always see.
private let textual: Set<String> = [
    "application/json", "application/x-ndjson", "application/jsonl", "application/yaml", "application/toml",
    "application/x-bat", "application/x-latex", "application/typescript", "application/x-typescript",
    "application/graphql", "application/x-x509-ca-cert", "application/x-pem-file",
    "application/pem-certificate-chain", "message/rfc822",
]

/// `application/…` types that libmagic knows when it sees them: bytes without a type contradict these.
private let alwaysSeen: Set<String> = [
    "application/pdf", "application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar",
    "application/x-bzip2", "application/x-xz", "application/x-tar", "application/msword", "application/ogg",
    "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.microsoft.portable-executable",
    "application/epub+zip", "application/java-archive", "application/x-executable", "application/json",
]

extension MediaType {
    fileprivate var isText: Bool {
        major == "text" || textual.contains(canonical) || canonical.hasSuffix("+json") || canonical.hasSuffix("+xml")
    }

    /// Whether an object in whose bytes libmagic found this type may yet be what its uploader declared.
    fileprivate func mayBe(_ declared: MediaType) -> Bool {
        if families.contains(where: { $0.contains(canonical) && $0.contains(declared.canonical) }) { return true }
        if let more = mayBeMore[canonical], more.contains(where: declared.isNamed) { return true }
        // An SVG that libmagic takes for plain text has lost the mark by which it would be one.
        if major == "text", !markedText.contains(canonical), declared.isText, declared.canonical != "image/svg+xml" {
            return true
        }
        if canonical == "application/octet-stream" {
            return declared.major == "application" && !alwaysSeen.contains(declared.canonical)
                && !declared.canonical.hasPrefix("application/vnd.openxmlformats-officedocument.")
        }
        return false
    }

    private func isNamed(_ name: String) -> Bool {
        if name.hasSuffix(".") { return canonical.hasPrefix(name) }
        return name.hasPrefix("+") ? canonical.hasSuffix(name) : canonical == name
    }
}
