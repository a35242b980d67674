/// A media type such as `image/png`, without its parameters and in lower case (RFC 9110, "Media Type").
struct MediaType: Hashable, Sendable {
    /// The type as it was written, in lower case.
    let text: String
    /// The canonical name of the type: `image/jpeg` for `image/jpg` and `image/pjpeg`.
    let canonical: String

    /// Returns nil if the text does not have the form `type/subtype`.
    init?(_ raw: String) {
        let whole = raw.utf8.prefix { $0 != UInt8(ascii: ";") }
        guard let first = whole.firstIndex(where: { !isBlank($0) }),
            let last = whole.lastIndex(where: { !isBlank($0) })
        else { return nil }
        text = String(Substring(whole[first...last])).lowercased()
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isTokenByte) }) else { return nil }
        canonical = canonicalNames[text] ?? text
    }

    /// The top-level type of the canonical name.
    var topLevel: Substring { canonical.prefix { $0 != "/" } }

    /// Whether it is the type that libmagic reports for an empty object.
    var isEmpty: Bool { canonical == "inode/x-empty" }
}

/// Returns whether a text is a media type such as `image/png`, without parameters or spaces.
package func isMediaType(_ text: String) -> Bool {
    MediaType(text).map { $0.text.utf8.count == text.utf8.count } ?? false
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// RFC 9110, "Tokens", without `*`, which marks a pattern here.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$&^_.+-%'`|~".utf8.contains(byte)
    }
}

/// Other names that browsers, operating systems and libmagic have for the same type, by its canonical name.
private let synonyms: [String: [String]] = [
    "application/gzip": ["application/x-gzip", "application/gzip-compressed", "application/x-gunzip"],
    "application/java-archive": ["application/x-java-archive"],
    "application/java-vm": ["application/x-java", "application/java", "application/x-java-applet"],
    "application/json": ["application/x-json", "text/json", "text/x-json"],
    "application/jsonl": ["application/x-jsonlines", "application/json-lines"],
    "application/ogg": ["application/x-ogg"],
    "application/pdf": ["application/x-pdf"],
    "application/vnd.debian.binary-package": ["application/x-debian-package", "application/x-deb"],
    "application/vnd.microsoft.portable-executable": [
        "application/x-dosexec", "application/x-msdownload", "application/x-msdos-program", "application/exe",
        "application/x-exe", "application/x-winexe", "application/dos-exe", "application/x-ms-dos-executable",
    ],
    "application/vnd.rar": ["application/rar", "application/x-rar", "application/x-rar-compressed"],
    "application/vnd.sqlite3": ["application/x-sqlite3"],
    "application/x-7z-compressed": ["application/7z"],
    "application/x-bzip2": ["application/bzip2", "application/x-bzip", "application/x-bz2"],
    "application/x-iso9660-image": ["application/x-cd-image", "application/vnd.efi.iso"],
    "application/x-tar": ["application/tar"],
    "application/x-xz": ["application/xz"],
    "application/yaml": ["application/x-yaml", "text/yaml", "text/x-yaml"],
    "application/zip": ["application/x-zip-compressed", "application/x-zip", "application/zip-compressed"],
    "application/zstd": ["application/x-zstd"],
    "audio/aac": ["audio/x-aac", "audio/aacp", "audio/x-hx-aac-adts", "audio/vnd.dlna.adts"],
    "audio/aiff": ["audio/x-aiff", "audio/x-aifc"],
    "audio/flac": ["audio/x-flac"],
    "audio/midi": ["audio/mid", "audio/x-midi"],
    "audio/mp4": ["audio/m4a", "audio/x-m4a"],
    "audio/mpeg": ["audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", "audio/x-mpeg-3", "audio/mpg"],
    "audio/wav": ["audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"],
    "audio/x-matroska": ["audio/matroska"],
    "font/otf": ["application/x-font-otf", "application/font-otf", "application/vnd.ms-opentype"],
    "font/sfnt": ["application/font-sfnt"],
    "font/ttf": ["application/x-font-ttf", "application/x-font-truetype", "application/font-ttf"],
    "font/woff": ["application/font-woff", "application/x-font-woff"],
    "font/woff2": ["application/font-woff2"],
    "image/bmp": ["image/x-ms-bmp", "image/x-bmp", "image/x-windows-bmp"],
    "image/jpeg": ["image/jpg", "image/pjpeg", "image/x-jpeg"],
    "image/png": ["image/x-png"],
    "image/svg+xml": ["image/svg"],
    "image/tiff": ["image/tif", "image/x-tiff"],
    "image/vnd.adobe.photoshop": [
        "image/x-photoshop", "image/psd", "application/photoshop", "application/x-photoshop", "application/psd",
    ],
    "image/vnd.microsoft.icon": ["image/x-icon", "image/ico", "image/x-ico", "image/x-win-bitmap"],
    "image/x-xcf": ["application/x-xcf", "image/x-compressed-xcf"],
    "inode/x-empty": ["application/x-empty"],
    "text/calendar": ["text/x-vcalendar"],
    "text/csv": ["application/csv", "text/x-csv", "text/comma-separated-values"],
    "text/javascript": [
        "application/javascript", "application/x-javascript", "text/x-javascript", "application/ecmascript",
        "text/ecmascript",
    ],
    "text/markdown": ["text/x-markdown"],
    "text/rtf": ["application/rtf", "application/x-rtf", "text/richtext"],
    "text/vcard": ["text/x-vcard", "text/directory"],
    "text/x-php": ["application/x-php", "application/x-httpd-php", "text/php"],
    "text/x-shellscript": ["application/x-shellscript", "application/x-sh", "text/x-sh"],
    "text/x-sql": ["application/sql", "application/x-sql"],
    "text/x-srt": ["application/x-subrip", "application/srt", "text/srt"],
    "text/x-tex": ["application/x-tex"],
    "text/xml": ["application/xml"],
    "video/mp2t": ["video/vnd.dlna.mpeg-tts"],
    "video/mpeg": ["video/mpg", "video/x-mpeg"],
    "video/x-flv": ["video/flv"],
    "video/x-m4v": ["video/m4v"],
    "video/x-matroska": ["video/matroska"],
    "video/x-msvideo": ["video/avi", "video/msvideo", "video/vnd.avi"],
]

private let canonicalNames: [String: String] = {
    var names: [String: String] = [:]
    for (canonical, others) in synonyms {
        for other in others { names[other] = canonical }
    }
    return names
}()
