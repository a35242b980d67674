import TestKit
import Testing

extension EndToEnd {
    @Suite(.heavy) struct Scale {
        @Test func `a thousand small objects are settled once each`() async throws {
            let station = try await StationFixture("thousand")
            let text = UploadOptions(type: "text/plain")
            try await station.cloud.putMany(1000, size: 3000, station.incoming, prefix: "uploads/n", text)
            #expect(try await station.cloud.awaitMessages(1001, in: station.queue) == 1001)
            let summary = try await station.settle()

            #expect(summary.objects == 1000 && summary.bytes == 3_000_000)
            #expect(summary.seconds > 0 && summary.workerCPUSeconds > 0 && summary.scannerCPUSeconds > 0)
            #expect(try await station.keys(station.media).count == 1000)
            #expect(try await station.keys(station.incoming).isEmpty)
            let jobs = try await station.jobs()
            #expect(jobs.count == 1000)
            #expect(jobs.allSatisfy { $0.disposition == "promoted" && $0.attempts == 1 })
            #expect(Set(jobs.compactMap(\.sha256)).count == 1000)
            let last = try #require(try await station.cloud.get(station.media, "permanent/n00999"))
            #expect(last.size == 3000 && last.bytes?.starts(with: "This is object 00999 of many.\n".utf8) == true)
            try await station.expectDrained()
        }

        static let megabyte: Int64 = 1 << 20

        @Test func `an object of 300 megabytes takes no more memory than a small one`() async throws {
            let station = try await StationFixture("large", rules: StationFixture.laxRules)
            let large = try await station.cloud.putLarge(size: 300_000_000, station.incoming, "large.bin")
            // Objects for the other fifteen jobs meanwhile.
            for number in 1...15 {
                _ = try await station.cloud.putLarge(size: 12_000_000 + number, station.incoming, "\(number).bin")
            }
            let worker = try station.startWorker(["--concurrency", "16"], watchingMemory: true)
            let exit = try await worker.exit(within: .seconds(100))
            try #require(exit.ending == .code(0), "\(exit.standardError)")

            #expect(try Summary(of: exit).bytes == 300_000_000 + 15 * 12_000_000 + 120)
            #expect((1..<96 * Self.megabyte).contains(exit.memory.own), "the worker: \(exit.memory.own) bytes")
            #expect((1..<256 * Self.megabyte).contains(exit.memory.greatestChild), "\(exit.memory.greatestChild) bytes")
            let stored = try #require(try await station.cloud.get(station.media, "large.bin"))
            #expect(stored.sha256 == large.sha256 && stored.size == 300_000_000)
            #expect(try await station.job("large.bin").sha256 == large.sha256)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
        }

        @Test func `a signature at the end of a large object is found`() async throws {
            let station = try await StationFixture("tail", rules: StationFixture.laxRules)
            let body = [UInt8](repeating: 0x20, count: 700_000) + Eicar.bytes
            for times in [1, 30] {
                let long = [UInt8](repeating: 0x20, count: 700_000 * (times - 1)) + body
                try await station.upload(long, "tail-\(times).txt")
            }
            try await station.settle()
            #expect(try await station.jobs().map(\.verdict) == ["infected", "infected"])
            #expect(try await station.keys(station.media).isEmpty)
            #expect(try await station.keys(station.quarantine).count == 2)
        }
    }
}
