import AWS
import Domain
import TestKit
import Testing
import Transfer

@Suite(.timeLimit(.minutes(1))) struct ObjectMoverTests {
    let store = MemoryStore()
    var mover: ObjectMover { ObjectMover(store: store) }
    let destination = ObjectLocation(bucket: "out", key: ObjectKey("done/a")!)

    func source() async throws -> (ObjectVersion, ObjectHead) {
        let version = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: store["in", "a"]?.etag)
        return (version, try await store.head(version))
    }

    @Test func `a promotion without pipeline tags is one request and keeps everything`() async throws {
        store["in", "a"] = .init([1, 2, 3], contentType: "image/png")
        store["in", "a"]?.tags = [Tag(key: "owner", value: "ann")]
        store["in", "a"]?.properties.cacheControl = "max-age=60"
        let (version, head) = try await source()
        let before = store.calls.count
        _ = try await mover.copier.copy(version, head: head, size: 3, to: destination, manner: .promoted(tags: []))
        #expect(store.calls.count == before + 1)
        let copy = try #require(store["out", "done/a"])
        #expect(copy.properties.contentType == "image/png" && copy.properties.cacheControl == "max-age=60")
        #expect(copy.tags == [Tag(key: "owner", value: "ann")])
    }

    @Test func `pipeline tags are added to the source's tags if ten suffice`() async throws {
        store["in", "a"] = .init([1])
        store["in", "a"]?.tags = [Tag(key: "owner", value: "ann"), Tag(key: "verdict", value: "forged")]
        let (version, head) = try await source()
        _ = try await mover.copier.copy(
            version, head: head, size: 1, to: destination,
            manner: .promoted(tags: [Tag(key: "verdict", value: "clean")]))
        #expect(
            Set(try #require(store["out", "done/a"]).tags)
                == [Tag(key: "owner", value: "ann"), Tag(key: "verdict", value: "clean")])
    }

    @Test func `if the source has ten tags the pipeline tags take the place of the last`() async throws {
        let own = (0..<10).map { Tag(key: "k\($0)", value: "v") }
        store["in", "a"] = .init([1], contentType: "text/plain")
        store["in", "a"]?.tags = own
        let (version, head) = try await source()
        _ = try await mover.copier.copy(
            version, head: head, size: 1, to: destination,
            manner: .promoted(tags: [Tag(key: "Verdict", value: "clean")]))
        let copy = try #require(store["out", "done/a"])
        #expect(copy.tags == own.dropLast() + [Tag(key: "Verdict", value: "clean")])
        #expect(copy.properties.contentType == "text/plain")
        #expect(copy.properties.metadata.contains { $0.name == "lazaret-original-tag-k9" && $0.value == "v" })
    }

    @Test func `a quarantined object is inert and keeps its original properties as metadata`() async throws {
        store["in", "a"] = .init([1], contentType: "text/html")
        store["in", "a"]?.properties.contentDisposition = "inline"
        store["in", "a"]?.tags = [Tag(key: "public", value: "yes")]
        store["in", "a"]?.properties.metadata = [MetadataItem(name: "author", value: "éve")]
        let (version, head) = try await source()
        _ = try await mover.copier.copy(
            version, head: head, size: 1, to: destination, manner: .inert(facts: [("verdict", "infected")], tags: []))
        let copy = try #require(store["out", "done/a"])
        #expect(copy.properties.contentType == "application/octet-stream")
        #expect(copy.properties.contentDisposition == "attachment")
        #expect(copy.tags.isEmpty)
        let metadata = Dictionary(uniqueKeysWithValues: copy.properties.metadata.map { ($0.name, $0.value) })
        #expect(metadata["lazaret-verdict"] == "infected")
        #expect(metadata["lazaret-original-key"] == "a")
        #expect(metadata["lazaret-original-content-type"] == "text/html")
        #expect(metadata["lazaret-original-content-disposition"] == "inline")
        #expect(metadata["lazaret-original-tag-public"] == "yes")
        #expect(metadata["lazaret-original-meta-author"] == "%C3%A9ve")
    }

    @Test func `metadata of a quarantined object never exceeds S3's limit`() async throws {
        store["in", "a"] = .init([1])
        store["in", "a"]?.properties.metadata = (0..<20).map {
            MetadataItem(name: "m\($0)", value: String(repeating: "é", count: 90))
        }
        let (version, head) = try await source()
        _ = try await mover.copier.copy(
            version, head: head, size: 1, to: destination, manner: .inert(facts: [("job", "1")], tags: []))
        let metadata = try #require(store["out", "done/a"]).properties.metadata
        #expect(metadata.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } <= 2048)
        #expect(metadata.contains { $0.name == "lazaret-left-out" })
        #expect(metadata.contains { $0.name == "lazaret-job" })
    }

    @Test func `a copy of an overwritten source is superseded`() async throws {
        store["in", "a"] = .init([1])
        let (version, head) = try await source()
        store["in", "a"] = .init([2])
        await #expect {
            try await mover.copier.copy(version, head: head, size: 1, to: destination, manner: .promoted(tags: []))
        } throws: {
            if case TransferError.superseded = $0 { true } else { false }
        }
        #expect(store["out", "done/a"] == nil)
    }

    @Test func `a source overwritten after the copy is not deleted`() async throws {
        store["in", "a"] = .init([1])
        let (version, _) = try await source()
        store["in", "a"] = .init([2])
        try await mover.deleter.delete(version)
        #expect(store["in", "a"]?.bytes == [2])
    }

    @Test func `a delete that Object Lock refuses is terminal`() async throws {
        store["in", "a"] = .init([1])
        let (version, _) = try await source()
        store.interrupt { (_) throws(AWSError) in
            throw .test(
                "DeleteObject", code: "AccessDenied", status: 403,
                message: "Access Denied because object protected by object lock.")
        }
        await #expect { try await mover.deleter.delete(version) } throws: {
            if case TransferError.refused = $0 { true } else { false }
        }
    }

    @Test func `a delete that a policy refuses can be retried`() async throws {
        store["in", "a"] = .init([1])
        let (version, _) = try await source()
        store.interrupt { (_) throws(AWSError) in throw .test("DeleteObject", code: "AccessDenied", status: 403) }
        await #expect { try await mover.deleter.delete(version) } throws: {
            if case TransferError.store = $0 { true } else { false }
        }
    }
}
