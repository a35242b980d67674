internal import AWS
internal import Domain

extension ObjectProperties {
    /// What a GET told, to be given again where S3 asks for all properties at once.
    init(of head: ObjectHead) {
        self.init()
        contentType = head.contentType
        cacheControl = head.cacheControl
        contentDisposition = head.contentDisposition
        contentEncoding = head.contentEncoding
        contentLanguage = head.contentLanguage
        expires = head.expires
        metadata = head.metadata
    }

    /// Properties under which no browser runs, shows or caches an object. What the uploader said is kept as text in
    /// metadata, as far as S3's 2 KB of it hold: our facts first, then the rest.
    static func inert(
        _ source: ObjectVersion, _ head: ObjectHead, facts: [(name: String, value: String)], tags: [Tag]
    ) -> ObjectProperties {
        var properties = ObjectProperties()
        properties.contentType = "application/octet-stream"
        properties.contentDisposition = "attachment"
        properties.cacheControl = "no-store"

        let originals: [(name: String, value: String?)] = [
            ("bucket", source.bucket), ("key", source.key.text), ("version", source.versionID), ("etag", source.etag),
            ("content-type", head.contentType), ("cache-control", head.cacheControl),
            ("content-disposition", head.contentDisposition), ("content-encoding", head.contentEncoding),
            ("content-language", head.contentLanguage), ("last-modified", head.lastModified),
        ]
        var wanted = facts.map { ("lazaret-\($0.name)", percentEncoded($0.value)) }
        wanted += originals.compactMap { original in
            original.value.map { ("lazaret-original-\(original.name)", percentEncoded($0)) }
        }
        wanted += tags.map { ("lazaret-original-tag-\(headerName($0.key))", percentEncoded($0.value)) }
        wanted += head.metadata.map { ("lazaret-original-meta-\(headerName($0.name))", percentEncoded($0.value)) }

        var room = metadataLimit - "lazaret-left-out1000".utf8.count
        var leftOut = 0
        for (name, value) in wanted {
            let cost = name.utf8.count + value.utf8.count
            if cost <= room {
                room -= cost
                properties.metadata.append(MetadataItem(name: name, value: value))
            } else {
                leftOut += 1
            }
        }
        if leftOut > 0 { properties.metadata.append(MetadataItem(name: "lazaret-left-out", value: String(leftOut))) }
        return properties
    }
}

/// Bytes of user metadata that S3 holds, names and values together (Amazon S3 User Guide, "Working with object metadata").
private let metadataLimit = 2048

/// Text as ASCII that a header can carry: all but letters, digits and a few harmless signs as `%XX`.
func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: encoded.append(byte)
        case _ where "-._~/:;=,()@ ".utf8.contains(byte): encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            for nibble in [byte >> 4, byte & 15] {
                encoded.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10)
            }
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// Text as a part of a header's name: lowercase letters, digits and `-`.
func headerName(_ text: String) -> String {
    String(
        decoding: text.utf8.prefix(64).map { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A: byte
            case 0x41...0x5A: byte + 0x20
            default: UInt8(ascii: "-")
            }
        }, as: UTF8.self)
}
