import TestKit
import Testing

extension EndToEnd {
    /// Objects that S3 protects from being deleted or read.
    @Suite struct Protection {
        /// A station whose incoming bucket has Object Lock.
        private func lockedStation(_ name: String) async throws -> StationFixture {
            let cloud = try await CloudOperator.shared()
            let station = try await StationFixture(
                name, route: nil, rules: StationFixture.usualRules.replacing("INCOMING", with: "\(name)-locked"))
            try await cloud.createLockedBucket("\(name)-locked")
            try await cloud.notify(station.queue, of: "\(name)-locked")
            return station
        }

        @Test(arguments: [Retention.governance, .compliance, nil])
        func `a source under an Object Lock fails the job with the copy's location`(retention: Retention?) async throws
        {
            let name = "lock-\(retention?.rawValue.lowercased() ?? "hold")"
            let station = try await lockedStation(name)
            let bucket = name + "-locked"
            let written = try await station.cloud.put(
                Samples.text, bucket, "uploads/a.txt", UploadOptions(type: "text/plain"))
            try await station.cloud.lock(bucket, "uploads/a.txt", version: try #require(written.version), retention)
            try await station.settle()

            let job = try await station.job("uploads/a.txt")
            #expect(job.outcome == "failed" && job.verdict == "clean" && job.attempts == 1)
            let error = try #require(job.error)
            #expect(error.contains("Object Lock") && error.contains("permanent/a.txt"), "\(error)")
            #expect(try await station.cloud.get(bucket, "uploads/a.txt")?.bytes == Samples.text)
            #expect(try await station.cloud.get(station.media, "permanent/a.txt")?.bytes == Samples.text)
            try await station.expectDrained()
        }

        @Test(arguments: [[], ["--copy-in-parts-over", "0"]])
        func `a destination with default retention accepts copies`(flags: [String]) async throws {
            let name = "retained-\(flags.count)"
            let station = try await StationFixture(
                name, versioned: true, rules: StationFixture.usualRules.replacing("MEDIA", with: "\(name)-kept"))
            try await station.cloud.createLockedBucket("\(name)-kept", retention: .compliance)
            try await station.upload(Samples.text, "uploads/a.txt")
            try await station.settle(flags)

            #expect(try await station.job("uploads/a.txt").disposition == "promoted")
            #expect(try await station.cloud.get("\(name)-kept", "permanent/a.txt")?.bytes == Samples.text)
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
        }

        @Test func `an SSE-C object fails once with the reason`() async throws {
            let station = try await StationFixture("customer-key")
            try await station.upload(
                Samples.text, "uploads/a.txt",
                UploadOptions(type: "text/plain", customerKey: String(repeating: "k", count: 32)))
            try await station.settle()

            let job = try await station.job("uploads/a.txt")
            #expect(job.outcome == "failed" && job.verdict == nil && job.attempts == 1)
            #expect(job.error?.contains("a key that only the uploader has (SSE-C)") == true, "\(job.error ?? "")")
            #expect(try await station.keys(station.incoming) == ["uploads/a.txt"])
            try await station.expectDrained()
        }

        @Test func `an archived object fails once with the reason`() async throws {
            let station = try await StationFixture("archived")
            try await station.upload(
                Samples.text, "uploads/a.txt", UploadOptions(type: "text/plain", storageClass: "GLACIER"))
            try await station.settle()

            let job = try await station.job("uploads/a.txt")
            #expect(job.outcome == "failed" && job.attempts == 1)
            #expect(job.error?.contains("archived") == true && job.error?.contains("restore it") == true)
            try await station.expectDrained()
        }

        @Test(arguments: [[], ["--copy-in-parts-over", "0"]])
        func `the destination's default encryption applies to copies`(flags: [String]) async throws {
            let station = try await StationFixture("own-key-\(flags.count)")
            try await station.cloud.encryptBucket(station.media)
            try await station.upload(Samples.text, "uploads/a.txt")
            try await station.upload(
                Samples.text, "uploads/b.txt", UploadOptions(type: "text/plain", encryption: "AES256"))
            try await station.settle(flags)

            for name in ["a", "b"] {
                let stored = try await station.cloud.get(station.media, "permanent/\(name).txt")
                #expect(stored?.encryption == "aws:kms" && stored?.bytes == Samples.text)
            }
        }
    }
}
