import Domain
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Keys {
        static let awkward: [String] = [
            "a b", " leading and trailing ", "a+b", "a%20b", "100%", "%", "%41", "%zz", "ü/ñ/日本語", "🐟 and 🦀", "x//y",
            "//", "/leading", "../z", "..", ".", "./a", "a/../b", "a/./b", "folder/", "a\"b'c`d", "#fragment",
            "?query=1",
            "a&b=c", "a=b", "a;b", "a:b", "a@b", "a,b", "a$b", "a!b", "a*b", "(a)", "[a]", "{a}", "<a>", "a|b", "a\\b",
            "a^b", "a~b", "tab\there", "bell\u{7}", "one\u{1}", "delete\u{7F}", "versionId=null", "?versionId=1",
            // Canonically equal in Unicode, two keys in S3.
            "caf\u{E9}", "cafe\u{301}",
        ]

        @Test(arguments: [[], ["--copy-in-parts-over", "0"]])
        func `every valid S3 key keeps its bytes`(flags: [String]) async throws {
            let station = try await StationFixture("keys-\(flags.count)", rules: StationFixture.laxRules)
            // 1024 bytes, the last two of which are one character.
            let longest = String(repeating: "k", count: 1022) + "ü"
            let keys = Self.awkward + [longest]
            for key in keys { try await station.upload(Array(key.utf8), key) }
            let wanted = try await station.cloud.keys(station.incoming)
            try #require(Set(wanted) == Set(keys.compactMap { ObjectKey($0) }))
            try await station.settle(flags)

            #expect(try await station.cloud.keys(station.media) == wanted)
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
            #expect(try await station.keys(station.incoming).isEmpty)
            for key in keys {
                let stored = try await station.cloud.get(station.media, key)
                #expect(stored?.bytes == Array(key.utf8), "\(key.debugDescription)")
            }
            let jobs = try await station.jobs()
            #expect(Set(jobs.compactMap { ObjectKey($0.key) }) == Set(wanted))
            #expect(jobs.allSatisfy { $0.outcome == "settled" && $0.disposition == "promoted" })
            try await station.expectDrained()
        }

        @Test func `every key of a versioned bucket keeps its bytes in quarantine`() async throws {
            let rules = StationFixture.laxRules.replacing("s3://QUARANTINE/{job}", with: "s3://QUARANTINE/{key}")
            let station = try await StationFixture("quarantined-keys", versioned: true, rules: rules)
            let keys = ["a b+c%20", "../z", "x//y", "caf\u{E9}", "cafe\u{301}", "?versionId=1", "#&=\"'", "one\u{1}"]
            for key in keys { try await station.upload(Eicar.bytes, key) }
            try await station.settle()

            #expect(try await Set(station.cloud.keys(station.quarantine)) == Set(keys.compactMap { ObjectKey($0) }))
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            #expect(try await station.keys(station.media).isEmpty)
        }
    }
}
