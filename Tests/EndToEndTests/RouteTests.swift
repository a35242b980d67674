import TestKit
import Testing

extension EndToEnd {
    @Suite struct Routes {
        static let described = UploadOptions(
            type: "text/plain; charset=utf-8", metadata: ["ticket": "4711", "owner": "harbour"],
            tags: ["team": "port & quay", "empty": ""], cacheControl: "max-age=60, private",
            contentDisposition: "inline; filename=\"notes.txt\"")

        @Test(arguments: [false, true])
        func `a promoted object keeps the metadata, tags and headers of its upload`(versioned: Bool) async throws {
            let station = try await StationFixture("promoted-\(versioned)", versioned: versioned)
            try await station.upload(Samples.text, "uploads/notes.txt", Self.described)
            try await station.settle()

            let stored = try #require(try await station.cloud.get(station.media, "permanent/notes.txt"))
            #expect(stored.bytes == Samples.text)
            #expect(stored.type == Self.described.type)
            #expect(stored.metadata.filter { !$0.key.hasPrefix("lazaret") } == Self.described.metadata)
            #expect(stored.tags == Self.described.tags)
            #expect(stored.cacheControl == Self.described.cacheControl)
            #expect(stored.contentDisposition == Self.described.contentDisposition)
            // Exactly that version is deleted, without a delete marker.
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            let job = try await station.job("uploads/notes.txt")
            #expect(job.destination?.versionId == stored.version)
        }

        @Test func `a quarantined object is inert`() async throws {
            let station = try await StationFixture("inert")
            var options = Self.described
            options.type = "text/html"
            try await station.upload(Eicar.bytes, "uploads/page.html", options)
            // Declared as HTML, detected as text: the rules must not reject it before it is scanned.
            try station.write(
                rules: StationFixture.usualRules.replacing("max-size: 1GiB", with: "declared-type: ignore"))
            try await station.settle()

            let key = try #require(try await station.keys(station.quarantine).first)
            let stored = try #require(try await station.cloud.get(station.quarantine, key))
            #expect(stored.bytes == Eicar.bytes)
            #expect(stored.type == "application/octet-stream")
            #expect(stored.contentDisposition == "attachment")
            let facts = stored.metadata.values
            #expect(facts.contains { $0.contains("text/html") }, "the original type")
            #expect(facts.contains { $0.contains("uploads/page.html") }, "the original key")
            #expect(facts.contains { $0.contains("Lazaret.Demo.EICAR") }, "what was found")
            #expect(facts.contains { $0.contains("4711") }, "the uploader's metadata")
            #expect(try await station.keys(station.incoming).isEmpty)
        }

        static let taggingRules = """
            pipeline: tagging
            match:
              bucket: INCOMING
            accept:
              declared-type: ignore
            unversioned: accept-race
            then:
              clean:       { tag: { scan: "{verdict}" } }
              infected:    { tag: { scan: "{verdict}" } }
              unscannable: keep
              rejected:    keep
            """

        @Test(arguments: [false, true])
        func `a tagged object stays in place with its own tags and the verdict`(versioned: Bool) async throws {
            let station = try await StationFixture(
                "tagged-\(versioned)", versioned: versioned, rules: Self.taggingRules)
            let clean = try await station.upload(Samples.text, "clean.txt", .init(tags: ["team": "quay"]))
            try await station.upload(Eicar.bytes, "infected.txt")
            try await station.upload(try Samples.file("payslips.zip"), "encrypted.zip", .init(tags: ["team": "pay"]))
            try await station.settle()

            func tags(_ key: String) async throws -> [String: String]? {
                var tags = try await station.cloud.get(station.incoming, key)?.tags
                // Without versions, one more tag binds the verdict to the content.
                let isBound = tags?.removeValue(forKey: "lazaret-object") != nil
                #expect(isBound == (!versioned && tags?["scan"] != nil), "\(key)")
                return tags
            }
            #expect(try await tags("clean.txt") == ["team": "quay", "scan": "clean"])
            #expect(try await tags("infected.txt") == ["scan": "infected"])
            #expect(try await tags("encrypted.zip") == ["team": "pay"])
            #expect(try await station.cloud.get(station.incoming, "clean.txt")?.version == clean.version)
            #expect(try await station.jobs().map(\.disposition) == ["kept", "kept", "kept"])
            #expect(try await station.cloud.versions(station.incoming).count == 3)
            try await station.expectDrained()
        }

        @Test func `a deleted object leaves no version in any bucket`() async throws {
            let rules = StationFixture.usualRules.replacing(
                #"infected:    { quarantine: "s3://QUARANTINE/infected/{job}/{name}" }"#, with: "infected:    delete")
            let station = try await StationFixture("deleted", versioned: true, rules: rules)
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            try await station.settle()

            #expect(try await station.job("uploads/readme.txt").disposition == "deleted")
            for bucket in [station.incoming, station.media, station.quarantine] {
                #expect(try await station.cloud.versions(bucket).isEmpty, "\(bucket)")
            }
        }
    }
}
