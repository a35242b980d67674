internal import AWS
internal import Domain

extension ObjectProperties {
    /// Properties with which no browser runs, shows or caches an object. The facts come first in metadata, then the
    /// source's properties and tags as text, up to S3's 2 KB.
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

        var remaining = metadataLimit - itemSize("lazaret-left-out", 4)
        var leftOut = 0
        var names: Set<String> = []
        for (name, value) in wanted {
            // S3 would fold names into one that differ only in characters that a header can't hold.
            var unique = name
            var number = 1
            while names.contains(unique) {
                number += 1
                unique = "\(name)-\(number)"
            }
            let size = itemSize(unique, value.utf8.count)
            if size <= remaining {
                remaining -= size
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

/// The original key; only its start if the encoded form would leave no space for the other items.
private func originalKey(_ key: ObjectKey) -> (String, String) {
    let encoded = percentEncoded(key.text)
    guard encoded.utf8.count > 1024 else { return ("lazaret-original-key", encoded) }
    // Don't cut within the three characters of an escape.
    var end = encoded.utf8.index(encoded.startIndex, offsetBy: 1024)
    if let escape = encoded.utf8[..<end].suffix(2).lastIndex(of: UInt8(ascii: "%")) { end = escape }
    return ("lazaret-original-key-start", String(encoded[..<end]))
}
