/// How types are related: by a common format, or because one is a special case of another.
enum TypeFamily {
    /// Whether two types have the same format and differ only by their content, or by a mark that writers often set
    /// wrongly.
    static func areRelated(_ first: String, _ second: String) -> Bool {
        if let family = familyOf[first], family == familyOf[second] { return true }
        guard let kind = officeKind(first) else { return false }
        return kind == officeKind(second)
    }

    /// Whether the first type is a special case of the second: each file of it can be read as the other.
    static func isKind(_ special: String, of general: String) -> Bool {
        var seen: Set<String> = []
        var waiting = [special]
        while let type = waiting.popLast() {
            guard seen.insert(type).inserted else { continue }
            if type == general { return true }
            waiting += generalTypes[type] ?? []
            if let structure = structuredSuffixes.first(where: { type.hasSuffix($0.suffix) })?.type {
                waiting.append(structure)
            }
        }
        return false
    }

    private static let generalTypes: [String: Set<String>] = {
        var general: [String: Set<String>] = [:]
        for text in [SharedMediaTypes.subclasses, ownSubclasses] {
            for (type, special) in MediaTypeNames.groups(of: text) {
                let parent = MediaTypeNames.canonical(type)
                for name in special where MediaTypeNames.canonical(name) != parent {
                    general[MediaTypeNames.canonical(name), default: []].insert(parent)
                }
            }
        }
        return general
    }()

    private static let familyOf: [String: Int] = Dictionary(
        uniqueKeysWithValues: families.enumerated().flatMap { index, family in family.map { ($0, index) } })

    /// A document, its template, its slide show and the same with macros, which libmagic does not tell apart.
    private static func officeKind(_ type: String) -> String? {
        let kinds = [
            ("word", "application/vnd.openxmlformats-officedocument.wordprocessingml.", "application/vnd.ms-word."),
            ("excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.", "application/vnd.ms-excel."),
            (
                "powerpoint", "application/vnd.openxmlformats-officedocument.presentationml.",
                "application/vnd.ms-powerpoint."
            ),
            // The older name stands for the newer files as well.
            ("visio", "application/vnd.ms-visio.", "application/vnd.visio"),
        ]
        if type.hasPrefix("application/vnd.oasis.opendocument.") {
            // `base` is the newer name.
            if type.hasSuffix(".database") { return "application/vnd.oasis.opendocument.base" }
            return String(type.dropLast(type.hasSuffix("-template") ? "-template".count : 0))
        }
        return kinds.first { type.hasPrefix($0.1) || type.hasPrefix($0.2) }?.0
    }
}

private let families: [[String]] = [
    // The ISO base media file format: only the brand differs.
    [
        "video/mp4", "audio/mp4", "video/quicktime", "video/x-m4v", "video/3gpp", "audio/3gpp", "video/3gpp2",
        "audio/3gpp2", "video/mj2",
    ],
    ["image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif", "image/avif-sequence"],
    [
        "application/ogg", "audio/ogg", "video/ogg", "audio/opus", "audio/vorbis", "audio/x-opus+ogg",
        "audio/x-vorbis+ogg", "audio/x-speex", "audio/x-speex+ogg", "audio/x-flac+ogg", "video/x-theora+ogg",
    ],
    ["video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska", "application/x-matroska"],
    ["video/x-ms-asf", "video/x-ms-wmv", "audio/x-ms-wma", "application/vnd.ms-asf"],
    ["application/x-executable", "application/x-pie-executable", "application/x-sharedlib", "application/x-object"],
    // Only a table in the font names the format of its outlines.
    ["font/sfnt", "font/ttf", "font/otf", "font/collection"],
    // Files of OLE2 that hold a document. The streams in its directory name the program that wrote it.
    [
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-outlook",
        "application/vnd.visio", "application/vnd.ms-project", "application/vnd.ms-publisher",
        "application/vnd.ms-works", "application/vnd.ms-office", "application/x-hwp",
    ],
    // An OLE2 file whose program is not known.
    ["application/x-ole-storage", "application/cdfv2"],
    ["image/jpeg", "image/x-mpo", "image/mpo"],
    ["application/x-lha", "application/x-lzh-compressed"],
]

private let structuredSuffixes: [(suffix: String, type: String)] = [
    ("+xml", "text/xml"), ("+json", "application/json"), ("+zip", "application/zip"), ("+gzip", "application/gzip"),
    ("+zstd", "application/zstd"), ("+yaml", "application/yaml"),
]

/// Special cases that the shared MIME database lacks.
private let ownSubclasses = """
    application/zip application/vnd.ms-visio.drawing application/vnd.ms-visio.stencil application/x-chrome-extension
    application/vnd.apple.installer+xml application/x-ios-app application/x-java-jmod model/vnd.pixar.usd ;
    application/x-ole-storage application/vnd.ms-excel application/vnd.ms-powerpoint application/vnd.ms-outlook
    application/vnd.ms-project application/vnd.ms-office application/x-hwp application/vnd.ms-works ;
    application/cdfv2 application/msword application/vnd.ms-excel application/vnd.ms-powerpoint
    application/vnd.ms-outlook application/vnd.ms-project application/vnd.visio application/x-msi
    application/vnd.ms-publisher application/vnd.ms-office application/vnd.ms-works ;
    application/vnd.ms-office application/x-msi ;
    application/encrypted application/vnd.openxmlformats-officedocument.wordprocessingml.document
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    application/vnd.openxmlformats-officedocument.presentationml.presentation ;
    application/gzip application/x-tar application/x-gtar application/x-tgz application/x-compressed
    application/x-gnumeric image/x-compressed-xcf ;
    application/x-bzip2 application/x-bzip2-compressed-tar application/x-tar application/x-compressed ;
    application/x-xz application/x-tar application/x-compressed ;
    application/zstd application/x-tar application/x-zstd-compressed-tar application/x-compressed ;
    application/x-7z-compressed application/x-compressed ; application/vnd.rar application/x-compressed ;
    application/zip application/x-compressed ; text/rtf application/msword ;
    application/pdf application/illustrator application/postscript ;
    image/png image/apng image/vnd.mozilla.apng ; image/tiff application/dicom image/geotiff ;
    text/plain text/javascript application/json application/jsonl application/yaml application/toml
    application/graphql application/x-latex text/typescript application/x-x509-ca-cert application/x-pem-file
    application/pem-certificate-chain application/pkix-cert message/news image/x-xpixmap image/x-xbitmap
    image/x-portable-anymap image/x-xfig image/x-mvg image/vnd.dxf image/x-eps model/vnd.collada+xml model/stl
    model/gltf+json application/vnd.hp-hpgl application/x-sylk application/x-dif application/x-setupscript
    application/x-wine-extension-ini application/vnd.cups-ppd application/x-mif chemical/x-pdb
    application/x-putty-private-key application/vnd.font-fontforge-sfd application/x-ndjson text/x-msdos-batch
    application/x-mswinurl application/x-bibtex application/x-dvi-text
    """
