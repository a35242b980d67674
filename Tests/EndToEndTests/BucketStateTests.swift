import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Source buckets without versioning, and with suspended versioning.
    @Suite struct BucketStates {
        private struct Requests: Decodable { let s3Requests: Int }

        /// A GET, a copy and a delete per object. The bucket's first delete takes two more requests, which find out
        /// that the store honours conditional deletes. Requests at the start, before any object, are not counted.
        @Test func `a small clean object costs three requests`() async throws {
            let station = try await StationFixture("three-requests")
            for number in 0..<10 { try await station.upload(Samples.text, "uploads/\(number).txt") }
            let exit = try await station.startWorker(["--concurrency", "1"]).exit(within: .seconds(90))
            let last = try #require(exit.errorLines.last)
            let summary = try JSONDecoder().decode(Requests.self, from: Data(String(last).utf8))
            #expect(summary.s3Requests == 32)
            #expect(try await station.keys(station.media).count == 10)
            #expect(try await station.keys(station.incoming).isEmpty)
        }

        /// Events of such buckets have the version ID `null`, or none.
        @Test(arguments: ["null", nil]) func `an object of a bucket with suspended versioning is moved`(
            version: String?
        ) async throws {
            let station = try await StationFixture("suspended-\(version ?? "none")", versioned: true, route: nil)
            let earlier = try await station.upload(Eicar.bytes, "uploads/a.txt")
            try await station.cloud.suspendVersions(station.incoming)
            let written = try await station.upload(Samples.text, "uploads/a.txt")
            #expect(written.version == nil)
            let record = station.record(
                "uploads/a.txt", size: Samples.text.count, etag: written.etag, version: version)
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            try await station.settle()

            let job = try await station.job("uploads/a.txt")
            #expect(job.disposition == "promoted" && job.versionId == nil)
            #expect(try await station.cloud.get(station.media, "permanent/a.txt")?.bytes == Samples.text)
            // The earlier version stays, without a delete marker over it.
            #expect(try await station.cloud.versions(station.incoming).map(\.version) == [earlier.version])
            try await station.expectDrained()
        }

        @Test func `an overwritten object of a bucket with suspended versioning is superseded`() async throws {
            let station = try await StationFixture("suspended-overwritten", versioned: true, route: nil)
            try await station.cloud.suspendVersions(station.incoming)
            let old = try await station.upload(Eicar.bytes, "uploads/a.txt")
            let record = station.record("uploads/a.txt", size: Eicar.bytes.count, etag: old.etag, version: "null")
            try await station.upload(Samples.text, "uploads/a.txt")
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            try await station.settle()

            #expect(try await station.job("uploads/a.txt").outcome == "superseded")
            #expect(try await station.cloud.get(station.incoming, "uploads/a.txt")?.bytes == Samples.text)
            #expect(try await station.keys(station.quarantine).isEmpty)
        }
    }
}
