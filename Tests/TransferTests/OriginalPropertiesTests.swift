import AWS
import Domain
import Testing

@testable import Transfer

/// What a release gives back: the inverse of what quarantine takes.
struct OriginalPropertiesTests {
    private static let source = ObjectVersion(bucket: "in", key: ObjectKey("ä/=k")!, versionID: "v", etag: "e")

    private func quarantined(_ head: ObjectHead, tags: [AWS.Tag] = []) -> ObjectHead {
        let mark = CopyMark(JobID(String(repeating: "0", count: 32))!, Self.source)
        let inert = ObjectProperties.inert(
            Self.source, head, mark: mark, facts: [(name: "job", value: "1"), (name: "verdict", value: "infected")],
            tags: tags)
        var copy = ObjectHead(status: 200)
        copy.contentType = inert.contentType
        copy.cacheControl = inert.cacheControl
        copy.contentDisposition = inert.contentDisposition
        copy.metadata = inert.metadata
        return copy
    }

    private static var head: ObjectHead {
        var head = ObjectHead(status: 200)
        head.contentType = "text/html; charset=utf-8"
        head.cacheControl = "max-age=60,  no-transform"
        head.contentDisposition = "attachment; filename=\"ä %41.html\""
        head.contentEncoding = "gzip"
        head.contentLanguage = "de"
        head.expires = "Thu, 01 Dec 2026 16:00:00 GMT"
        head.metadata = [MetadataItem(name: "owner", value: "Zoë"), MetadataItem(name: "b-c", value: "=1 %20")]
        return head
    }

    @Test func `every property comes back from the quarantined object alone`() {
        let tags = [AWS.Tag(key: "team", value: "a b")]
        let original = OriginalProperties(quarantined(Self.head, tags: tags))
        var expected = ObjectProperties(Self.head)
        expected.metadata.sort { $0.name < $1.name }
        #expect(original.properties == expected && original.tags == tags && original.leftOut == 0)
    }

    @Test func `nothing of the quarantine's own is kept`() {
        let original = OriginalProperties(quarantined(ObjectHead(status: 200)))
        #expect(original.properties == ObjectProperties() && original.tags.isEmpty)
    }

    @Test func `what did not fit is counted, or known from the record`() {
        var head = Self.head
        head.metadata = [MetadataItem(name: "long", value: String(repeating: "ü", count: 500))]
        let copy = quarantined(head)
        #expect(OriginalProperties(copy).leftOut == 1)
        let known = OriginalProperties(
            copy, metadata: [("long", head.metadata[0].value)], tags: [("Team", "x")])
        #expect(known.leftOut == 0 && known.properties.metadata == head.metadata)
        #expect(known.tags == [AWS.Tag(key: "Team", value: "x")])
    }
}
