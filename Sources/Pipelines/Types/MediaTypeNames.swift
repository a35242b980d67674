/// Names of media types that mean the same: the shared MIME database's, and those that only browsers, operating systems
/// and libmagic have.
enum MediaTypeNames {
    /// The canonical name of a type in lower case.
    static func canonical(_ name: String) -> String { canonicalNames[name] ?? name }

    private static let canonicalNames: [String: String] = {
        var names: [String: String] = [:]
        for (general, aliases) in groups(of: SharedMediaTypes.aliases) {
            // Types of one family have the same format, and are told apart in a list of accepted types.
            let group = [general] + aliases.filter { !TypeFamily.areRelated($0, general) }
            let known = group.lazy.compactMap { ownNames[$0] }.first
            for name in group { names[name] = known ?? general }
        }
        return names.merging(ownNames) { _, own in own }
    }()

    private static let ownNames: [String: String] = {
        var names: [String: String] = [:]
        for (canonical, others) in ownSynonyms {
            for other in others + [canonical] { names[other] = canonical }
        }
        return names
    }()

    /// Reads a text of `SharedMediaTypes`.
    static func groups(of text: String) -> [(general: String, special: [String])] {
        text.split(separator: ";").map { group in
            let names = group.split { $0 == " " || $0 == "\n" }.map(String.init)
            return (names[0], Array(names.dropFirst()))
        }
    }
}

/// Names that the shared MIME database lacks, by the canonical name; and the canonical names that differ from the
/// database's.
private let ownSynonyms: [String: [String]] = [
    "application/fits": [],
    "application/gzip": ["application/gzip-compressed", "application/x-gunzip"],
    "application/java-vm": ["application/x-java-applet"],
    "application/json": ["application/x-json", "text/json", "text/x-json"],
    "application/jsonl": ["application/x-jsonlines", "application/json-lines", "application/x-ndjson"],
    "application/mbox": [],
    "application/vnd.microsoft.portable-executable": [
        "application/x-dosexec", "application/x-msdownload", "application/x-msdos-program", "application/exe",
        "application/x-exe", "application/x-winexe", "application/dos-exe", "application/x-ms-dos-executable",
    ],
    "application/vnd.corel-draw": ["image/x-coreldraw"],
    "application/vnd.apple.mpegurl": ["audio/x-mpegurl", "application/x-mpegurl", "audio/mpegurl"],
    "application/vnd.ms-access": ["application/x-msaccess"],
    "application/vnd.rar": ["application/rar"],
    "application/x-7z-compressed": ["application/7z"],
    "application/x-bzip2": ["application/x-bzip", "application/x-bz2"],
    "application/x-bytecode.python": ["application/x-python-code", "application/x-python-bytecode"],
    "application/x-dbf": ["application/vnd.dbf"],
    "application/x-font-type1": ["font/x-postscript-pfb"],
    "application/x-hdf5": ["application/x-hdf", "application/x-netcdf"],
    "application/x-iso9660-image": ["application/x-cd-image", "application/vnd.efi.iso"],
    "application/x-tar": ["application/tar", "application/x-ustar"],
    "application/x-xz": ["application/xz"],
    "application/yaml": ["application/x-yaml", "text/yaml", "text/x-yaml"],
    "application/zip": ["application/zip-compressed"],
    "application/zstd": ["application/x-zstd"],
    "audio/aac": ["audio/aacp", "audio/x-hx-aac-adts", "audio/x-hx-aac-adif", "audio/vnd.dlna.adts"],
    "audio/ac3": ["audio/vnd.dolby.dd-raw"],
    "audio/aiff": ["audio/x-aiff", "audio/x-aifc"],
    "audio/midi": ["audio/mid"],
    "audio/mpeg": ["audio/mpeg3", "audio/x-mpeg-3", "audio/mpg"],
    "audio/mp4": ["audio/mp4a-latm", "audio/x-mp4a-latm"],
    "audio/wav": ["audio/wave", "audio/x-pn-wav", "audio/x-wav"],
    "audio/x-matroska": ["audio/matroska"],
    "font/otf": [
        "application/font-otf", "application/vnd.ms-opentype", "font/opentype", "application/x-font-opentype",
    ],
    "font/sfnt": ["application/font-sfnt"],
    "font/ttf": ["application/x-font-truetype", "application/font-ttf"],
    "font/woff": ["application/x-font-woff"],
    "font/woff2": ["application/font-woff2"],
    "image/bmp": ["image/x-windows-bmp"],
    "image/icns": ["image/x-icns"],
    "image/jpeg": ["image/jpg", "image/x-jpeg"],
    "image/png": ["image/x-png"],
    "image/svg+xml": ["image/svg"],
    "image/tiff": ["image/tif", "image/x-tiff"],
    "image/vnd.adobe.photoshop": ["application/psd"],
    "image/vnd.dwg": ["application/acad", "image/x-dwg", "application/x-dwg", "application/dwg", "application/x-acad"],
    "image/vnd.dxf": ["image/x-dxf", "application/dxf", "application/x-dxf"],
    "image/vnd.microsoft.icon": ["image/x-win-bitmap"],
    "image/vnd.zbrush.pcx": ["image/x-pcx"],
    "image/x-portable-graymap": ["image/x-portable-greymap"],
    "image/x-sigma-x3f": ["image/x-x3f"],
    "image/x-xcf": ["application/x-xcf", "image/x-compressed-xcf"],
    "inode/x-empty": ["application/x-empty"],
    "model/3mf": ["application/vnd.ms-package.3dmanufacturing-3dmodel+xml"],
    "text/csv": ["application/csv", "text/comma-separated-values"],
    "text/javascript": [
        "application/javascript", "text/x-javascript", "application/ecmascript", "text/ecmascript",
    ],
    "text/rtf": ["application/x-rtf", "text/richtext"],
    "text/typescript": ["application/typescript", "application/x-typescript"],
    "text/x-c": ["text/x-csrc"],
    "text/x-msdos-batch": ["application/x-bat", "application/bat", "application/x-msdos-batch"],
    "text/x-perl": ["application/x-perl"],
    "text/x-php": ["application/x-php", "application/x-httpd-php", "text/php"],
    "text/x-python": ["text/x-script.python", "text/x-python-script"],
    "text/x-ruby": ["application/x-ruby"],
    "text/x-shellscript": ["application/x-shellscript", "application/x-sh", "text/x-sh"],
    "text/x-sql": ["application/sql", "application/x-sql"],
    "text/x-srt": ["application/x-subrip", "application/srt", "text/srt"],
    "text/xml": ["application/xml"],
    "video/mp2t": ["video/vnd.dlna.mpeg-tts"],
    "video/mpeg": ["video/mpg"],
    "video/x-m4v": ["video/m4v"],
    "video/x-matroska": ["video/matroska"],
    "video/x-msvideo": ["video/vnd.avi"],
]
