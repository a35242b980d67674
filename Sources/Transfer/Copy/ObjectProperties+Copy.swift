internal import AWS
internal import Domain

extension ObjectProperties {
    /// The properties that CopyObject would copy, with the copy mark, and with the tags that do not fit among the
    /// object's. The source's own metadata comes first: added items beyond S3's 2 KB are left out.
    init(of head: ObjectHead, mark: CopyMark, tagsAsMetadata tags: [Tag] = []) {
        self.init(head)
        websiteRedirect = nil
        add(mark, tagsAsMetadata: tags)
    }

    /// Adds a copy mark, and tags as metadata, as far as there is room.
    mutating func add(_ mark: CopyMark, tagsAsMetadata tags: [Tag]) {
        let added =
            [MetadataItem(name: CopyMark.name, value: mark.text)]
            + tags.map {
                MetadataItem(name: "lazaret-original-tag-\(headerName($0.key))", value: percentEncoded($0.value))
            }
        // The uploader's items of these names are removed.
        let names = Set(added.map(\.name))
        metadata.removeAll { names.contains($0.name) }
        var remaining =
            metadataLimit - metadata.reduce(0) { $0 + itemSize($1.name, $1.rawValue?.count ?? $1.value.utf8.count) }
        for item in added {
            let size = itemSize(item.name, item.value.utf8.count)
            guard size <= remaining else { continue }
            remaining -= size
            metadata.append(item)
        }
    }
}

/// Bytes of user metadata, names and values together (Amazon S3 User Guide, "Working with object metadata").
let metadataLimit = 2048

/// Bytes of an item. Whether S3 counts the header's prefix is not documented; this counts it.
func itemSize(_ name: String, _ valueBytes: Int) -> Int { "x-amz-meta-".utf8.count + name.utf8.count + valueBytes }
