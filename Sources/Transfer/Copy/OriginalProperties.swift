package import AWS
internal import Domain

/// What an object had before it was quarantined: the inverse of `ObjectProperties.inert`, with what the ledger knows
/// besides.
package struct OriginalProperties: Sendable, Equatable {
    package private(set) var properties = ObjectProperties()
    package private(set) var tags: [Tag] = []
    /// How many items did not fit into the metadata of the quarantined object, and are not known otherwise.
    package private(set) var leftOut = 0

    /// - Parameters:
    ///   - head: of the quarantined object.
    ///   - declaredType: the type on record; nil if it is not known.
    ///   - metadata: the uploader's metadata on record, name by name; nil if they are not known.
    ///   - tags: the uploader's tags on record; nil if they are not known.
    package init(
        _ head: ObjectHead, declaredType: String? = nil, metadata: [(String, String)]? = nil,
        tags knownTags: [(String, String)]? = nil
    ) {
        var items: [String: String] = [:]
        for item in head.metadata where items[item.name] == nil { items[item.name] = percentDecoded(item.value) }
        func original(_ name: String) -> String? { items["lazaret-original-\(name)"] }
        func originals(_ start: String) -> [(String, String)] {
            items.filter { $0.key.hasPrefix("lazaret-original-\(start)-") }
                .map { (String($0.key.dropFirst("lazaret-original-\(start)-".count)), $0.value) }
                .sorted { $0.0 < $1.0 }
        }
        properties.contentType = original("content-type") ?? declaredType
        properties.cacheControl = original("cache-control")
        properties.contentDisposition = original("content-disposition")
        properties.contentEncoding = original("content-encoding")
        properties.contentLanguage = original("content-language")
        properties.expires = original("expires")
        properties.metadata = (metadata ?? originals("meta")).map { MetadataItem(name: $0.0, value: $0.1) }
        tags = (knownTags ?? originals("tag")).map { Tag(key: $0.0, value: $0.1) }
        if metadata == nil || knownTags == nil { leftOut = items["lazaret-left-out"].flatMap { Int($0) } ?? 0 }
    }

    func marked(_ mark: CopyMark, tagsAsMetadata tags: [Tag]) -> ObjectProperties {
        var marked = properties
        marked.add(mark, tagsAsMetadata: tags)
        return marked
    }
}
