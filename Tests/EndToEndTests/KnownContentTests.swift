import Digest
import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Bytes that were found clean are not scanned again, on MiniStack and on a store that takes any checksum.
    @Suite struct KnownContent {
        private static let rules = StationFixture.laxRules + "\nreuse-verdicts: 7d\n"
        /// Larger than a first range.
        private static let large = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8 ^ $0 >> 13) }

        private struct Line: Decodable {
            struct Evidence: Decodable { let vouchedBy: String?, bytesRead: Int64?, scanMillis: Int64? }
            let job: String, key: String, sha256: String?, verdict: String?, attempts: Int, evidence: Evidence
        }

        /// The jobs by key, from `lazaret jobs list --json`.
        private func lines(_ station: StationFixture) async throws -> [String: Line] {
            let exit = try await Program(
                StationFixture.lazaret, ["jobs", "list", "--json", "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30))
            let lines = try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            return Dictionary(uniqueKeysWithValues: lines.map { ($0.key, $0) })
        }

        @Test(arguments: [false, true], [false, true])
        func `the same bytes are scanned once, and a large object with a checksum is not even fetched`(
            versioned: Bool, onPostgres: Bool
        ) async throws {
            var station = try await StationFixture(
                "known-\(versioned)-\(onPostgres)", versioned: versioned, rules: Self.rules)
            guard onPostgres else { return try await settle(station) }
            try await PostgresServer.shared().withDatabase { name in
                station.ledger = try await PostgresServer.shared().url(name)
                try await settle(station)
            }
        }

        private func settle(_ station: StationFixture) async throws {
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let (gets, scanned) = (proxy.add(.getObject, .none), UploadOptions(type: "text/plain"))
            var hashed = UploadOptions(type: "application/octet-stream", tags: ["a": "b"])
            hashed.sendsSHA256 = true
            func work() async throws {
                let exit = try await station.startWorker(asksStores: true, environment: proxy.environment)
                    .exit(within: .seconds(90))
                try #require(exit.ending == .code(0), "\(exit.standardError)")
            }
            try await station.upload(Samples.text, "first.txt", scanned)
            try await station.upload(Self.large, "first.bin", hashed)
            try await work()
            try await station.upload(Samples.text, "second.txt", scanned)
            try await station.upload(Self.large, "second.bin", hashed)
            // Without a checksum it has to be fetched to be known.
            try await station.upload(Self.large, "third.bin", UploadOptions(type: "application/octet-stream"))
            try await work()

            let jobs = try await lines(station)
            let (text, first) = (try #require(jobs["first.txt"]), try #require(jobs["first.bin"]))
            #expect(text.evidence.vouchedBy == nil && first.evidence.vouchedBy == nil)
            #expect(jobs["second.txt"]?.evidence.vouchedBy == text.job)
            for (key, read) in [("second.bin", 0), ("third.bin", Int64(Self.large.count))] {
                let job = try #require(jobs[key])
                #expect(job.verdict == "clean" && job.evidence.vouchedBy == first.job && job.sha256 == first.sha256)
                #expect(job.evidence.bytesRead == read && job.evidence.scanMillis == nil)
                #expect(try await station.cloud.get(station.media, key)?.sha256 == first.sha256)
            }
            // The store is asked for single bytes at the start.
            let fetched = Set(gets.hits.filter { $0.request["range"] != "bytes=0-0" }.compactMap(\.key))
            #expect(fetched.contains("third.bin") && !fetched.contains("second.bin"), "\(fetched)")
            #expect(try await station.cloud.get(station.media, "second.bin")?.tags == ["a": "b"])
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media).count == 5)
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
            let shown = try await Program(
                StationFixture.lazaret,
                ["jobs", "show", try #require(jobs["second.bin"]).job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30))
            #expect(shown.standardOutput.contains("vouched by     \(first.job)"), "\(shown.standardOutput)")
            try await station.expectDrained()
        }

        /// A recall says that the bytes are bad, whatever the signatures say.
        @Test func `bytes that were recalled are scanned again`() async throws {
            let station = try await StationFixture("known-recalled", rules: Self.rules)
            try await station.upload(Samples.text, "first.txt")
            try await station.settle()
            let first = try await station.job("first.txt")
            let exit = try await station.review(["recall", first.job, "--yes", "--reason", "it was bad"])
            try #require(exit.ending == .code(0), "\(exit.standardError)")
            for key in ["second.txt", "third.txt"] {
                try await station.upload(Samples.text, key)
                try await station.settle()
            }
            let jobs = try await lines(station)
            #expect(jobs.count == 3 && jobs.values.allSatisfy { $0.evidence.vouchedBy == nil })
        }

        /// The worker is killed when the reused judgement is on record, and when the copy is made.
        @Test(arguments: [CrashStep.copied, .deleting])
        func `a worker killed over a reused verdict loses nothing`(step: CrashStep) async throws {
            let station = try await StationFixture("known-crash-\(step)", visibility: 10, rules: Self.rules)
            try await station.upload(Samples.text, "first.txt")
            try await station.settle()
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let held = proxy.add(
                step == .copied ? .copyObject : .deleteObject, step == .copied ? .holdsAnswer : .holdsRequest)
            // The killed worker takes no message that comes again.
            proxy.add(.receiveMessage, .holdsRequest, skipping: 1)
            try await station.upload(Samples.text, "second.txt")
            let worker = try station.startWorker(environment: proxy.environment)
            try await held.awaitHits(1)
            worker.send(SIGKILL)
            _ = try await worker.exit(within: .seconds(30))
            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            try await station.settle()
            let jobs = try await lines(station)
            #expect(jobs["second.txt"]?.attempts == 2 && jobs["second.txt"]?.verdict == "clean")
            #expect(try await station.keys(station.media).sorted() == ["first.txt", "second.txt"])
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        /// The uploader claims that other bytes are those which were found clean. MiniStack refuses such an upload, as
        /// S3 does; rclone keeps the claim with the object.
        @Test func `a false checksum on a store that keeps it passes for nothing`() async throws {
            let store = try await LocalStore(.rclone)
            let station = try await StationFixture("known-claim", route: nil, rules: Self.rules)
            let environment = store.environment(queuesOf: station.stack)
            let uploads = try CloudOperator(environment: environment)
            for bucket in [station.incoming, station.media, station.quarantine] {
                try await uploads.createBucket(bucket)
            }
            let hostile = Array(Self.large.dropLast(Eicar.bytes.count)) + Eicar.bytes
            var (honest, claim) = (UploadOptions(), UploadOptions())
            honest.sendsSHA256 = true
            claim.claimedSHA256 = Data(SHA256.hash(Self.large)).base64EncodedString()
            for (key, body, options) in [("first.bin", Self.large, honest), ("second.bin", hostile, claim)] {
                let written = try await uploads.put(body, station.incoming, key, options)
                let record = station.record(key, size: body.count, etag: written.etag)
                try await station.cloud.send(#"{"Records":[\#(record)]}"#, to: station.queue)
                let exit = try await station.startWorker(asksStores: true, environment: environment)
                    .exit(within: .seconds(90))
                try #require(exit.ending == .code(0), "\(exit.standardError)")
            }
            let jobs = try await lines(station)
            #expect(jobs["first.bin"]?.verdict == "clean" && jobs["second.bin"]?.verdict == "infected", "\(jobs)")
            #expect(try await uploads.get(station.media, "second.bin") == nil)
        }
    }
}
