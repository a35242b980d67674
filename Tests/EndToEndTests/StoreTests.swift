import Domain
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// A real worker on other stores than MiniStack with its corrections, as `StoreTraits` describes them.
    @Suite struct Stores {
        private struct Site {
            let store: LocalStore
            let uploads: CloudOperator
            let station: StationFixture
            let environment: [String: String]

            init(_ kind: LocalStore.Kind, _ name: String, versioned: Bool = false, rules: String? = nil) async throws {
                let cloud = try await MiniStack.shared()
                store = try await LocalStore(kind)
                environment = store.environment(queuesOf: cloud)
                uploads = try CloudOperator(environment: environment)
                station = try await StationFixture(
                    "\(name)-\(kind.rawValue.lowercased())", route: nil, rules: rules ?? StationFixture.laxRules)
                for bucket in [station.incoming, station.media, station.quarantine] {
                    try await uploads.createBucket(bucket, versioned: versioned)
                }
            }

            /// Uploads an object, and sends the event that a store with notifications would send.
            func upload(_ body: [UInt8], _ key: String, _ options: UploadOptions = .init(type: "text/plain"))
                async throws
            {
                let written = try await uploads.put(body, station.incoming, key, options)
                let name = key.replacingOccurrences(of: "+", with: "%2B").replacingOccurrences(of: " ", with: "+")
                let record = station.record(name, size: body.count, etag: written.etag, version: written.version)
                try await station.cloud.send(#"{"Records":[\#(record)]}"#, to: station.queue)
            }

            func settle() async throws -> Program.Exit {
                let exit = try await station.startWorker(asksStores: true, environment: environment)
                    .exit(within: .seconds(120))
                try #require(exit.ending == .code(0), "\(exit.standardError)")
                return exit
            }

            func check(_ flags: [String] = []) async throws -> String {
                let exit = try await Program(
                    StationFixture.lazaret,
                    [
                        "check", "--queue", station.queue.url, "--pipelines", station.folder.path + "/pipelines",
                        "--ledger", station.ledger, "--signatures", StationFixture.signatures, "--spool",
                        station.folder.path,
                    ] + flags, environment: environment, directory: station.folder.path
                ).exit(within: .seconds(60))
                return exit.standardOutput
            }

            func expectDone(_ body: [UInt8], _ key: String, in bucket: String, verdict: String) async throws {
                let job = try await station.job(key)
                #expect(job.verdict == verdict, "\(key): \(job.findings)")
                let place = verdict == "clean" ? key : job.job
                let stored = try #require(try await uploads.get(bucket, place))
                #expect(stored.size == Int64(body.count))
                if body.count < 1 << 20 { #expect(stored.bytes == body) }
            }
        }

        /// Larger than a first range, so that further ranges are asked for.
        private static let large = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8 ^ $0 >> 13) }

        @Test(arguments: StoreTraits.all)
        func `uploads come to their places, whole and once`(store: StoreTraits) async throws {
            for versioned in store.canKeepVersions ? [false, true] : [false] {
                let site = try await Site(
                    store.kind, "stores-\(versioned ? "versions" : "plain")", versioned: versioned)
                let (text, empty) = (Array("some words\n".utf8), [UInt8]())
                let clean = [
                    "a.txt": text, "folder/with space+plus.txt": text, "empty.txt": empty, "large.bin": Self.large,
                ]
                for (key, body) in clean { try await site.upload(body, key) }
                try await site.upload(Eicar.bytes, "eicar.com")
                _ = try await site.settle()
                for (key, body) in clean {
                    try await site.expectDone(body, key, in: site.station.media, verdict: "clean")
                }
                try await site.expectDone(Eicar.bytes, "eicar.com", in: site.station.quarantine, verdict: "infected")
                #expect(try await site.uploads.keys(site.station.incoming).isEmpty)
                #expect(try await site.uploads.keys(site.station.media).count == clean.count)
                try await site.station.expectDrained()
            }
        }

        @Test(arguments: StoreTraits.all)
        func `an upload that was replaced is not taken for the one that the event names`(store: StoreTraits)
            async throws
        {
            let site = try await Site(store.kind, "stores-replaced")
            let station = site.station
            let first = try await site.uploads.put(Array("first\n".utf8), station.incoming, "a.txt", .init())
            try await site.upload(Eicar.bytes, "a.txt")
            let record = station.record("a.txt", size: 6, etag: first.etag, sequencer: "0055AED6DCD9028100")
            try await station.cloud.send(#"{"Records":[\#(record)]}"#, to: station.queue)
            _ = try await site.settle()
            #expect(try await site.uploads.keys(station.media).isEmpty)
            #expect(try await site.uploads.keys(station.quarantine).count == 1)
            // Whichever comes first: the older one finds another object, or none.
            let outcomes = try await station.jobs().compactMap(\.outcome).sorted()
            #expect([["gone", "settled"], ["settled", "superseded"]].contains(outcomes), "\(outcomes)")
            try await station.expectDrained()
        }

        @Test(arguments: StoreTraits.all)
        func `the check reports what a store keeps and what it ignores`(store: StoreTraits) async throws {
            let site = try await Site(store.kind, "stores-check")
            let before = try await site.check().split(separator: "\n")
            #expect(try await site.uploads.keys(site.station.media).isEmpty, "the check wrote without --write")
            let output = try await site.check(["--write"])
            let lines = output.split(separator: "\n").map(String.init)
            #expect(!lines.contains { $0.hasPrefix("FAIL  bucket") }, "\(output)")
            let kept = lines.filter { $0.contains("the store keeps: ") }
                .flatMap { $0.split(separator: ": ").last!.split(separator: ", ").map(String.init) }
            #expect(store.keeps.isSubset(of: kept), "\(output)")
            #expect(Set(kept).isDisjoint(with: store.ignores), "\(output)")
            for ignored in store.ignores {
                #expect(
                    lines.contains { $0.contains("WARNING: the store ignores \(ignored): ") }, "\(ignored): \(output)")
            }
            #expect(!before.isEmpty)
            #expect(try await site.uploads.openUploads(site.station.quarantine).isEmpty)
            for bucket in [site.station.media, site.station.quarantine, site.station.incoming] {
                #expect(try await site.uploads.keys(bucket).isEmpty)
            }
        }

        @Test func `a worker logs at its start what a store ignores`() async throws {
            let site = try await Site(.rclone, "stores-start")
            // No event names it: it is what the worker finds there.
            _ = try await site.uploads.put(Array("words\n".utf8), site.station.incoming, "old.txt", .init())
            let exit = try await site.settle()
            let line = try #require(
                exit.errorLines.first { $0.contains("can't keep every promise") && $0.contains(site.station.incoming) })
            for ability in ["conditional reads", "conditional deletes", "tags"] {
                #expect(line.contains("\"\(ability)\""))
            }
        }

        /// `rclone serve s3` takes the request that sets tags for an upload of its XML.
        @Test func `a store without tags does not lose the object that should be tagged`() async throws {
            let rules = """
                pipeline: tags
                match: { bucket: INCOMING }
                accept: { declared-type: ignore }
                unversioned: accept-race
                then:
                  clean:       { tag: { scan: clean } }
                  infected:    { tag: { scan: infected } }
                  unscannable: keep
                  rejected:    keep
                """
            let site = try await Site(.rclone, "stores-tags", rules: rules)
            let body = Array("words that must stay\n".utf8)
            try await site.upload(body, "a.txt")
            _ = try await site.settle()
            #expect(try await site.uploads.get(site.station.incoming, "a.txt")?.bytes == body)
            let job = try await site.station.job("a.txt")
            #expect(job.error?.contains("keeps no tags") == true, "\(job)")
        }

        @Test(arguments: StoreTraits.all)
        func `the tags of an upload are there after its promotion, if the store keeps any`(store: StoreTraits)
            async throws
        {
            let site = try await Site(store.kind, "stores-own-tags")
            try await site.upload(Array("words\n".utf8), "a.txt", .init(type: "text/plain", tags: ["team": "blue"]))
            _ = try await site.settle()
            guard store.keepsTags else { return }
            #expect(try await site.uploads.get(site.station.media, "a.txt")?.tags == ["team": "blue"])
        }
    }
}
