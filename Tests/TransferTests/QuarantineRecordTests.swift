import AWS
import Domain
import Testing

@testable import Transfer

/// What a quarantined object's metadata say is what was written there.
struct QuarantineRecordTests {
    private static let job = JobID("0123456789abcdef0123456789abcdef")!

    /// The metadata of a quarantined copy, as a HEAD returns them.
    private func head(_ object: ObjectVersion, change: (inout [MetadataItem]) -> Void = { _ in }) -> ObjectHead {
        var source = ObjectHead(status: 200)
        source.contentType = "text/html; charset=\"ü\""
        source.lastModified = "Sat, 21 Nov 2026 08:00:00 GMT"
        let facts = [
            (name: "job", value: Self.job.text), ("verdict", "infected"), ("findings", "Eicar-Test, a b%20c"),
            ("sha256", "ab"),
        ]
        var copy = ObjectHead(status: 200)
        copy.metadata =
            ObjectProperties.inert(
                object, source, mark: CopyMark(Self.job, object), facts: facts, tags: []
            ).metadata
        change(&copy.metadata)
        return copy
    }

    private func object(_ key: String, version: String? = nil, etag: String? = "e\"1") -> ObjectVersion {
        ObjectVersion(bucket: "in", key: ObjectKey(key)!, versionID: version, etag: etag)
    }

    @Test(
        arguments: ["a", "ü/ %41+  x", "e\u{301}", String(repeating: "k", count: 1024), "\u{1F9A0}\u{0}\n"],
        [nil, "v 1"])
    func `all facts are read back`(_ key: String, _ version: String?) throws {
        let object = object(key, version: version)
        let record = try #require(QuarantineRecord(head(object)))
        #expect(record.job == Self.job && record.verdict == .infected && record.object == object && record.isKeyWhole)
        #expect(record.findings == ["Eicar-Test", "a b%20c"] && record.sha256 == "ab")
        #expect(record.declaredType == "text/html; charset=\"ü\"")
        #expect(record.uploadedAt == Timestamp(iso8601: "2026-11-21T08:00:00Z"))
    }

    @Test func `of a long key the start is read back`() throws {
        let key = String(repeating: "ü", count: 512)
        let record = try #require(QuarantineRecord(head(object(key))))
        #expect(!record.isKeyWhole && key.hasPrefix(record.object.key.text))
        #expect(record.object.key.text.count > 150)
    }

    @Test(arguments: [
        "lazaret-job", "lazaret-verdict", "lazaret-source", "lazaret-original-bucket", "lazaret-original-key",
        "lazaret-original-etag",
    ])
    func `metadata that lack or contradict something are not ours`(_ name: String) {
        let object = object("a")
        #expect(QuarantineRecord(head(object) { $0.removeAll { $0.name == name } }) == nil)
        for value in ["", "x", "fedcba9876543210fedcba9876543210"]
        where !name.hasPrefix("lazaret-original-") || value.isEmpty {
            let changed = head(object) { items in
                items = items.map { $0.name == name ? MetadataItem(name: name, value: value) : $0 }
            }
            #expect(QuarantineRecord(changed) == nil, "\(name) = \(value)")
        }
    }
}
