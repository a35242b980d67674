internal import AWS
internal import Domain

extension ObjectProperties {
    /// What a copy keeps of its source without being asked, as properties to be given, with our mark, and tags that found no
    /// place among the object's. The source's own metadata comes first: what is beyond S3's 2 KB of ours is left out.
    init(of head: ObjectHead, mark: CopyMark, tagsAsMetadata tags: [Tag] = []) {
        self.init(head)
        websiteRedirect = nil
        let ours =
            [MetadataItem(name: CopyMark.name, value: mark.text)]
            + tags.map { MetadataItem(name: "lazaret-tag-\(headerName($0.key))", value: percentEncoded($0.value)) }
        // The uploader does not speak in our name.
        let names = Set(ours.map(\.name))
        metadata.removeAll { names.contains($0.name) }
        var room = metadataLimit - metadata.reduce(0) { $0 + cost($1.name, $1.rawValue?.count ?? $1.value.utf8.count) }
        for item in ours {
            let cost = cost(item.name, item.value.utf8.count)
            guard cost <= room else { continue }
            room -= cost
            metadata.append(item)
        }
    }

    /// Properties under which no browser runs, shows or caches an object. What the uploader said is kept as text in
    /// metadata, as far as S3's 2 KB of it hold: our facts first, then the rest.
    static func inert(
        _ source: ObjectVersion, _ head: ObjectHead, mark: CopyMark, facts: [(name: String, value: String)], tags: [Tag]
    ) -> ObjectProperties {
        var properties = ObjectProperties()
        properties.contentType = "application/octet-stream"
        properties.contentDisposition = "attachment"
        properties.cacheControl = "no-store"

        let originals: [(name: String, value: String?)] = [
            ("bucket", source.bucket), ("version", source.versionID), ("etag", source.etag),
            ("content-type", head.contentType), ("cache-control", head.cacheControl),
            ("content-disposition", head.contentDisposition), ("content-encoding", head.contentEncoding),
            ("content-language", head.contentLanguage), ("expires", head.expires),
            ("website-redirect", head.websiteRedirect), ("last-modified", head.lastModified),
        ]
        var wanted = [(CopyMark.name, mark.text)]
        wanted += facts.map { ("lazaret-\($0.name)", percentEncoded($0.value)) }
        wanted.append(originalKey(source.key))
        wanted += originals.compactMap { original in
            original.value.map { ("lazaret-original-\(original.name)", percentEncoded($0)) }
        }
        wanted += tags.map { ("lazaret-original-tag-\(headerName($0.key))", percentEncoded($0.value)) }
        wanted += head.metadata.map { ("lazaret-original-meta-\(headerName($0.name))", percentEncoded($0.value)) }

        var room = metadataLimit - cost("lazaret-left-out", 4)
        var leftOut = 0
        var names: Set<String> = []
        for (name, value) in wanted {
            // Names that differ only in what no header can carry would be folded into one by S3.
            var unique = name
            var number = 1
            while names.contains(unique) {
                number += 1
                unique = "\(name)-\(number)"
            }
            let cost = cost(unique, value.utf8.count)
            if cost <= room {
                room -= cost
                names.insert(unique)
                properties.metadata.append(MetadataItem(name: unique, value: value))
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

/// What an item takes of that. Whether S3 counts the header's prefix it does not tell.
private func cost(_ name: String, _ valueBytes: Int) -> Int { "x-amz-meta-".utf8.count + name.utf8.count + valueBytes }

/// The original key, or of one whose encoded form would push out all else, its start.
private func originalKey(_ key: ObjectKey) -> (String, String) {
    let encoded = percentEncoded(key.text)
    guard encoded.utf8.count > 1024 else { return ("lazaret-original-key", encoded) }
    // Not between the three characters of an escape.
    var end = encoded.utf8.index(encoded.startIndex, offsetBy: 1024)
    if let escape = encoded.utf8[..<end].suffix(2).lastIndex(of: UInt8(ascii: "%")) { end = escape }
    return ("lazaret-original-key-start", String(encoded[..<end]))
}

/// Text as ASCII that a header carries unchanged: all but letters, digits and a few harmless signs as `%XX`; so are spaces
/// at either end or after one another, which HTTP and signatures fold.
func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    let last = text.utf8.count - 1
    for (place, byte) in text.utf8.enumerated() {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: encoded.append(byte)
        case 0x20 where place != 0 && place != last && encoded.last != 0x20: encoded.append(byte)
        case _ where "-._~/:;=,()@".utf8.contains(byte): encoded.append(byte)
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
