import Domain
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// Workers that are stopped or killed lose nothing and repeat nothing.
    @Suite struct Endings {
        @Test func `SIGTERM finishes running jobs and hands back the others`() async throws {
            let station = try await StationFixture("sigterm")
            try await fill(station, 300)
            let worker = try station.startWorker(idle: nil, ["--concurrency", "4"])
            try #require(try await station.cloud.awaitKeys(20, station.media) >= 20)
            worker.send(SIGTERM)
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")

            // Running jobs were finished: every object is in one place, and the other messages are visible at once.
            let moved = try await station.keys(station.media).count,
                left = try await station.keys(station.incoming).count
            #expect(moved + left == 300)
            #expect(left > 0, "the worker finished before the signal")
            #expect(try Summary(of: exit).objects == moved)
            let counts = try await station.cloud.counts(station.queue.url)
            #expect(counts.inFlight == 0 && counts.visible >= left)

            try await station.settle()
            try await expectAllSettledOnce(station, 300)
        }

        @Test func `after SIGKILL a second worker loses nothing and repeats nothing`() async throws {
            let station = try await StationFixture("sigkill", receives: 10)
            try await fill(station, 300)
            let worker = try station.startWorker(idle: nil)
            try #require(try await station.cloud.awaitKeys(50, station.media) >= 50)
            worker.send(SIGKILL)
            #expect(try await worker.exit(within: .seconds(30)).ending == .signal(SIGKILL))
            let left = try await station.keys(station.incoming).count
            #expect(left > 0, "the worker finished before it was killed")

            // Its leases and its claims expire.
            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            let second = try await station.startWorker(idle: 20).exit(within: .seconds(90))
            #expect(second.ending == .code(0), "\(second.standardError)")
            try await expectAllSettledOnce(station, 300)
        }

        private func fill(_ station: StationFixture, _ count: Int) async throws {
            let text = UploadOptions(type: "text/plain")
            try await station.cloud.putMany(count, size: 2000, station.incoming, prefix: "uploads/n", text)
            #expect(try await station.cloud.awaitMessages(count + 1, in: station.queue) == count + 1)
        }

        private func expectAllSettledOnce(_ station: StationFixture, _ count: Int) async throws {
            let moved = try await station.keys(station.media)
            #expect(moved.count == count && Set(moved).count == count)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.quarantine).isEmpty)
            let jobs = try await station.jobs()
            #expect(jobs.count == count)
            #expect(
                jobs.allSatisfy { $0.outcome == "settled" && $0.verdict == "clean" && $0.disposition == "promoted" })
            #expect(Set(jobs.compactMap(\.destination?.key)) == Set(moved))
            try await station.expectDrained()
        }
    }
}
