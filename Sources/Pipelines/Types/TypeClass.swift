/// What kind of file a type is: what a browser or an operating system would do with it.
enum TypeClass: String, CaseIterable, Sendable {
    /// No bytes at all.
    case empty
    /// Bytes of no known form, or a type that says nothing.
    case unknown
    case text
    /// Text that an interpreter runs, recognised by a mark.
    case script
    /// What a browser displays and runs scripts of: HTML, XHTML, SVG.
    case page
    case program
    case archive
    case document
    case picture
    case sound
    case film
    case font
    case model
    /// Everything else.
    case data

    init(_ type: MediaType) {
        let name = type.canonical
        if type.isEmpty {
            self = .empty
        } else if let known = Self.byName[name] {
            self = known
        } else if documentPrefixes.contains(where: name.hasPrefix) {
            self = .document
        } else {
            self = Self.byTopLevel[String(type.topLevel)] ?? (TypeFamily.isKind(name, of: "text/plain") ? .text : .data)
        }
    }

    /// Whether a file of this class is shown or played in a page, and trusted by its type there.
    var isMedia: Bool { [.picture, .sound, .film, .font, .model].contains(self) }

    /// Whether a file of this class is text.
    var isText: Bool { [.text, .script, .page].contains(self) }

    private static let byTopLevel: [String: TypeClass] = [
        "text": .text, "message": .text, "image": .picture, "audio": .sound, "video": .film, "font": .font,
        "model": .model,
    ]

    private static let byName: [String: TypeClass] = {
        let lists: [(TypeClass, [String])] = [
            (.unknown, ["application/octet-stream"]), (.page, pages), (.script, scripts), (.program, programs),
            (.archive, archives),
            (.document, documents), (.picture, pictures),
        ]
        let pairs = lists.flatMap { kind, names in names.map { (MediaTypeNames.canonical($0), kind) } }
        return Dictionary(pairs) { first, _ in first }
    }()
}

private let pages = ["text/html", "application/xhtml+xml", "image/svg+xml"]

private let scripts = [
    "text/x-shellscript", "text/x-php", "text/x-msdos-batch", "text/x-execline", "application/x-csh", "text/vbscript",
    "application/x-asp", "application/hta", "application/x-mswinurl", "application/x-setupscript",
]

private let programs = [
    "application/vnd.microsoft.portable-executable", "application/x-executable", "application/x-pie-executable",
    "application/x-sharedlib", "application/x-object", "application/x-mach-binary", "application/x-coff",
    "application/x-ms-ne-executable", "application/x-lx-executable", "application/x-ms-w3-executable",
    "application/x-ms-w4-executable", "application/x-dosdriver", "application/java-vm", "application/wasm",
    "application/x-elc", "application/x-bytecode.python", "application/x-ms-shortcut", "application/x-msi",
    "application/x-shockwave-flash", "application/vnd.appimage", "application/x-c32-comboot-syslinux-exec",
    "application/x-nekovm-bytecode", "application/vnd.symbian.install",
]

private let archives = [
    "application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar",
    "application/x-gtar", "application/x-bzip2", "application/x-xz", "application/zstd", "application/x-lzma",
    "application/x-lzip", "application/x-lz4", "application/x-compress", "application/x-compressed",
    "application/x-lha", "application/x-lzh-compressed", "application/x-arj", "application/x-arc",
    "application/x-ace-compressed", "application/x-zoo", "application/x-stuffit",
    "application/vnd.ms-cab-compressed", "application/x-cpio", "application/x-archive", "application/x-rpm",
    "application/vnd.debian.binary-package", "application/x-xar", "application/x-iso9660-image",
    "application/x-apple-diskimage", "application/x-raw-disk-image", "application/java-archive",
    "application/vnd.android.package-archive", "application/x-chrome-extension", "application/x-ms-wim",
    "application/warc", "application/mac-binhex40", "application/x-lrzip", "application/x-snappy-framed",
    "application/zlib", "application/x-tgz", "application/x-compressed-tar",
]

private let documents = [
    "application/pdf", "application/postscript", "image/x-eps", "text/rtf", "application/msword",
    "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
    "application/vnd.ms-project", "application/vnd.ms-publisher", "application/vnd.ms-works",
    "application/vnd.ms-office", "application/vnd.visio", "application/x-hwp", "application/x-ole-storage",
    "application/cdfv2", "application/epub+zip", "application/vnd.ms-htmlhelp", "application/vnd.ms-access",
    "application/msonenote", "application/vnd.wordperfect", "application/vnd.fdf", "application/encrypted",
    "application/illustrator", "application/vnd.ms-xpsdocument", "application/oxps", "application/vnd.ms-tnef",
]

/// Pictures whose canonical name does not say so: image/x-cdr is one of its other names.
private let pictures = ["application/vnd.corel-draw"]

private let documentPrefixes = [
    "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.", "application/vnd.ms-word.",
    "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.", "application/vnd.sun.xml.",
    "application/vnd.stardivision.",
]
