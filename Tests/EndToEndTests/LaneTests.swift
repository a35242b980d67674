import TestKit
import Testing

extension EndToEnd {
    /// `lazaret run --backfill-queue`: a second queue with lower weight.
    @Suite struct Lanes {
        @Test func `live uploads do not wait behind a backfill`() async throws {
            let station = try await StationFixture("lanes", route: nil)
            let backfill = try await station.cloud.createQueue("lanes-backfill", receives: 5)
            let text = UploadOptions(type: "text/plain")
            try await station.cloud.notify(backfill, of: station.incoming)
            try await station.cloud.putMany(60, size: 3000, station.incoming, prefix: "uploads/back", text)
            #expect(try await station.cloud.awaitMessages(61, in: backfill) == 61)
            try await station.cloud.notify(station.queue, of: station.incoming)
            try await station.cloud.putMany(10, size: 3000, station.incoming, prefix: "uploads/live", text)
            #expect(try await station.cloud.awaitMessages(11, in: station.queue) == 11)

            let worker = try station.startWorker(["--backfill-queue", backfill.url, "--concurrency", "2"])
            var order: [String] = []
            for await line in worker.errorLines where line.contains(#""message":"object settled""#) {
                order.append(line.contains("uploads/live") ? "live" : "back")
            }
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(order.count { $0 == "live" } == 10 && order.count == 70)
            #expect(order.suffix(10).allSatisfy { $0 == "back" }, "\(order)")

            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media).count == 70)
            #expect(try await station.jobs().allSatisfy { $0.disposition == "promoted" && $0.attempts == 1 })
            try await station.expectDrained()
            for url in [backfill.url, try #require(backfill.deadLetters)] {
                #expect(try await station.cloud.counts(url) == .none)
            }
        }

        @Test func `a missing backfill queue is reported at the start`() async throws {
            let station = try await StationFixture("lanes-missing", route: nil)
            let worker = try station.startWorker(["--backfill-queue", station.queue.url + "-missing"])
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(78), "\(exit.standardError)")
            #expect(exit.standardError.contains("lanes-missing-missing"), "\(exit.standardError)")
        }
    }
}
