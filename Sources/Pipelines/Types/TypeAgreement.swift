/// Whether the declared type agrees with the type that libmagic detected in the bytes.
enum TypeAgreement: Equatable {
    /// The types are the same, the declared type is generic, or it is a broader one (`text/plain` for JSON).
    case agrees
    /// The declared type is more specific than libmagic can detect: a word processor's document whose bytes are
    /// `application/zip`, or Markdown whose bytes are `text/plain`. The bytes do not contradict it.
    case moreSpecific
    case contradicts

    init(declared: String?, detected: MediaType) {
        guard !detected.isEmpty else {
            self = .agrees
            return
        }
        let agreements = MediaType.declared(in: declared).map { TypeAgreement($0, detected) }
        if agreements.contains(.contradicts) {
            self = .contradicts
        } else {
            self = agreements.contains(.moreSpecific) ? .moreSpecific : .agrees
        }
    }

    private init(_ declared: MediaType, _ detected: MediaType) {
        if declared.canonical == detected.canonical || (declared.canonical == "text/plain" && detected.isText) {
            self = .agrees
        } else if detected.mayBe(declared) {
            self = .moreSpecific
        } else {
            self = .contradicts
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
}

/// Types that storage services and upload tools declare by default.
private let genericTypes: Set<String> = [
    "application/octet-stream", "binary/octet-stream", "application/x-octet-stream", "application/unknown",
    "application/force-download", "application/download", "application/x-download",
    // curl's default for `--data-binary`.
    "application/x-www-form-urlencoded",
]

/// Types with the same container format. They differ by the content, or by a mark that writers often set wrongly.
private let families: [Set<String>] = [
    // The ISO base media file format: only the brand differs.
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
    // Only a table in the font names the format of its outlines.
    ["font/sfnt", "font/ttf", "font/otf"],
]

/// More specific types that an object may have, by the type that libmagic detects. A name that ends in `.` or starts
/// with `+` matches all types with that start or end.
private let moreSpecificTypes: [String: [String]] = [
    // libmagic detects the more specific type only with some orders of the ZIP's members.
    "application/zip": [
        "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.",
        "application/vnd.ms-word.", "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.",
        "application/java-archive", "application/vnd.android.package-archive", "application/epub+zip", "+zip",
        "application/vnd.google-earth.kmz", "application/vnd.apple.", "application/x-iwork-pages-sffpages",
        "application/x-iwork-numbers-sffnumbers", "application/x-iwork-keynote-sffkey", "application/oxps",
        "application/vnd.ms-xpsdocument", "model/3mf",
    ],
    // libmagic does not detect macros.
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["application/vnd.ms-word."],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["application/vnd.ms-excel."],
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["application/vnd.ms-powerpoint."],
    // A document with a password; the scan reports that it is encrypted.
    "application/encrypted": ["application/vnd.openxmlformats-officedocument."],
    // The directory of an OLE2 file, which may be at its end, names the content.
    "application/x-ole-storage": [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
        "application/vnd.visio", "application/x-msi",
    ],
    "application/cdfv2": [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
        "application/vnd.visio", "application/x-msi",
    ],
    // A compressed tar is declared as both formats, as one of them, or as the type that Windows uses for all archives.
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
    // Windows with Office registers these for the extensions .rtf and .csv.
    "text/rtf": ["application/msword"],
    "text/csv": ["application/vnd.ms-excel"],
    "text/plain": ["application/vnd.ms-excel"],
    "image/png": ["image/apng", "image/vnd.mozilla.apng"],
    // Camera raw formats are TIFF.
    "image/tiff": [
        "image/x-adobe-dng", "image/x-canon-cr2", "image/x-nikon-nef", "image/x-sony-arw", "image/x-pentax-pef",
    ],
    // An Illustrator file is a PDF, and browsers map its extension to PostScript.
    "application/pdf": ["application/illustrator", "application/postscript"],
    "application/postscript": ["image/x-eps", "application/eps", "application/illustrator"],
]

/// Text types that libmagic detects by a mark. Its other text types are guesses.
private let markedText: Set<String> = ["text/html", "text/xml", "text/rtf", "text/calendar", "text/vcard"]

/// Types outside of `text/` that are text without a mark that libmagic always detects.
private let textual: Set<String> = [
    "application/json", "application/x-ndjson", "application/jsonl", "application/yaml", "application/toml",
    "application/x-bat", "application/x-latex", "application/typescript", "application/x-typescript",
    "application/graphql", "application/x-x509-ca-cert", "application/x-pem-file",
    "application/pem-certificate-chain", "message/rfc822",
]

/// `application/…` types that libmagic always detects: bytes of unknown type contradict them.
private let alwaysDetected: Set<String> = [
    "application/pdf", "application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar",
    "application/x-bzip2", "application/x-xz", "application/x-tar", "application/msword", "application/ogg",
    "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.microsoft.portable-executable",
    "application/epub+zip", "application/java-archive", "application/x-executable", "application/json",
]

extension MediaType {
    fileprivate var isText: Bool {
        topLevel == "text" || textual.contains(canonical) || canonical.hasSuffix("+json") || canonical.hasSuffix("+xml")
    }

    /// Returns whether an object in which libmagic detected this type may be of the declared type.
    fileprivate func mayBe(_ declared: MediaType) -> Bool {
        if families.contains(where: { $0.contains(canonical) && $0.contains(declared.canonical) }) { return true }
        if let more = moreSpecificTypes[canonical], more.contains(where: declared.isNamed) { return true }
        // An SVG always has a mark that libmagic detects: plain text is not one.
        if topLevel == "text", !markedText.contains(canonical), declared.isText, declared.canonical != "image/svg+xml" {
            return true
        }
        if canonical == "application/octet-stream" {
            return declared.topLevel == "application" && !alwaysDetected.contains(declared.canonical)
                && !declared.canonical.hasPrefix("application/vnd.openxmlformats-officedocument.")
        }
        return false
    }

    private func isNamed(_ name: String) -> Bool {
        if name.hasSuffix(".") { return canonical.hasPrefix(name) }
        return name.hasPrefix("+") ? canonical.hasSuffix(name) : canonical == name
    }
}
