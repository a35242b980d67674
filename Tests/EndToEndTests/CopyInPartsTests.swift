import TestKit
import Testing

extension EndToEnd {
    /// Multipart copies, as objects over 5 GiB need.
    @Suite struct CopiesInParts {
        static let flags = ["--copy-in-parts-over", "1MiB", "--copy-part-size", "5MiB"]

        @Test(arguments: [false, true])
        func `a multipart copy keeps bytes, metadata and tags and leaves no upload open`(
            versioned: Bool
        ) async throws {
            let station = try await StationFixture(
                "parts-\(versioned)", versioned: versioned, rules: StationFixture.laxRules)
            let options = UploadOptions(
                type: "application/x-odd", metadata: ["author": "eve"], tags: ["case": "a +%"],
                cacheControl: "max-age=60",
                contentDisposition: "inline", encryption: "AES256")
            let written = try await station.cloud.putLarge(size: 12 << 20, station.incoming, "big.bin", options)
            try await station.settle(Self.flags)

            let job = try await station.job("big.bin")
            #expect(job.disposition == "promoted" && job.sha256 == written.sha256)
            let stored = try #require(try await station.cloud.get(station.media, "big.bin"))
            #expect(stored.sha256 == written.sha256 && stored.etag.hasSuffix("-3"))
            #expect(stored.version == job.destination?.versionId)
            #expect(stored.type == "application/x-odd" && stored.cacheControl == "max-age=60")
            #expect(stored.contentDisposition == "inline" && stored.metadata["author"] == "eve")
            #expect(stored.tags == ["case": "a +%"])
            #expect(stored.metadata["lazaret-source"]?.hasPrefix(job.job) == true)
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
            try await station.expectDrained()
        }

        /// The destination has versioning, so that a second copy would show.
        @Test(arguments: [nil, CloudOperation.createMultipartUpload, .uploadPartCopy, .completeMultipartUpload])
        func `a multipart copy of a small object happens once even if an answer is lost`(lost: CloudOperation?)
            async throws
        {
            let name = "parts-said-\(lost?.rawValue.lowercased() ?? "none")"
            let station = try await StationFixture(name, versioned: true, rules: StationFixture.laxRules)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let long = String(repeating: "m", count: 1600)
            try await station.upload(
                Samples.text, "a +%.txt", UploadOptions(type: "text/odd", metadata: ["long": long]))
            try await station.upload([], "empty.txt")
            let rule = lost.map { proxy.add($0, .lostAnswer, times: 1) }
            let exit = try await station.startWorker(
                ["--copy-in-parts-over", "0"], environment: proxy.environment
            ).exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(rule.map { $0.hits.count == 1 } ?? true)

            let jobs = try await station.jobs()
            #expect(jobs.count == 2 && jobs.allSatisfy { $0.disposition == "promoted" && $0.attempts == 1 }, "\(jobs)")
            let stored = try #require(try await station.cloud.get(station.media, "a +%.txt"))
            #expect(stored.bytes == Samples.text && stored.type == "text/odd")
            #expect(stored.metadata["long"] == long && stored.metadata["lazaret-source"] != nil)
            #expect(stored.etag.hasSuffix("-1"))
            #expect(try await station.cloud.get(station.media, "empty.txt")?.bytes == [])
            #expect(try await station.cloud.versions(station.media).count == 2)
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
            try await station.expectDrained()
        }

        @Test func `an open upload of a killed worker is aborted`() async throws {
            let station = try await StationFixture("parts-left", rules: StationFixture.laxRules)
            for key in ["big.txt", "big.txt", "big.txt.other"] {
                try await station.cloud.beginUpload(station.media, key)
            }
            try await station.upload([UInt8](repeating: 0x20, count: 6 << 20), "big.txt")
            try await station.settle(Self.flags)
            #expect(try await station.job("big.txt").disposition == "promoted")
            #expect(try await station.cloud.openUploads(station.media) == ["big.txt.other"])
        }

        @Test func `a quarantined multipart copy is inert`() async throws {
            let station = try await StationFixture("parts-inert", rules: StationFixture.laxRules)
            let body = Eicar.bytes + [UInt8](repeating: 0x20, count: 6 << 20)
            try await station.upload(body, "bad.html", UploadOptions(type: "text/html", metadata: ["a": "1"]))
            try await station.settle(Self.flags)

            let job = try await station.job("bad.html")
            #expect(job.disposition == "quarantined", "\(job)")
            let stored = try #require(try await station.cloud.get(station.quarantine, job.job))
            #expect(stored.type == "application/octet-stream" && stored.contentDisposition == "attachment")
            #expect(stored.metadata["lazaret-original-content-type"] == "text/html")
            #expect(stored.metadata["lazaret-job"] == job.job && stored.etag.hasSuffix("-2"))
            #expect(try await station.keys(station.incoming).isEmpty)
        }

        @Test(arguments: [
            ("--copy-in-parts-over", "6GiB"), ("--copy-in-parts-over", "much"), ("--copy-part-size", "1MiB"),
            ("--copy-part-size", "6GiB"), ("--copy-part-size", "99999999TiB"),
        ])
        func `a part size outside S3's limits is refused`(flag: String, size: String) async throws {
            let station = try await StationFixture(
                "parts-flag-\(flag.count)-\(size.lowercased())", route: nil)
            let exit = try await station.startWorker([flag, size]).exit(within: .seconds(30))
            #expect(exit.ending == .code(64))
            #expect(exit.standardError.contains("\(flag) takes a size from"), "\(exit.standardError)")
        }
    }
}
