import Glibc
import TestKit
import Testing
import Worker

extension EndToEnd {
    @Suite struct Crashes {
        /// A worker for each moment, several concurrently: most of the time is waiting.
        @Test(arguments: [false, true])
        func `a worker killed at any step loses nothing and the next one finishes its jobs`(versioned: Bool)
            async throws
        {
            let fixtures = try await each(CrashStep.allCases) { step in
                let fixture = try await CrashFixture(step, versioned: versioned)
                try await fixture.crash()
                return fixture
            }
            // The leases expire at once. The claims in the ledger expire after half a lease: the second worker waits
            // for that.
            for fixture in fixtures {
                try await fixture.station.stack.letTimePass(.seconds(60), in: fixture.station.queue)
            }
            _ = try await each(fixtures) { fixture in
                try await fixture.restart()
                try await fixture.expectAllDoneOnce()
            }
        }

        /// The job was not released or stranded: those steps follow a failure, not a kill.
        @Test func `a worker is killed at each step that changes something`() {
            let killed = Set(CrashStep.allCases.compactMap(\.step))
            let changing = Set(JobStateMachine.Step.Name.allCases.filter { !$0.isReadOnly })
            #expect(changing.subtracting([.release, .strand]).isSubset(of: killed))
        }

        @Test func `the copy of a later upload that replaced an earlier copy is left there`() async throws {
            let station = try await StationFixture(
                "replaced", route: nil, visibility: 10, rules: StationFixture.laxRules)
            let (cloud, queue) = (station.cloud, station.queue)
            let later = Array("Later.\n".utf8)
            let written = try await station.upload(Samples.text, "notes.txt")
            let first = station.record(
                "notes.txt", size: Samples.text.count, etag: written.etag, sequencer: "0055AED6DCD90281E5")
            try await cloud.send("{\"Records\":[\(first)]}", to: queue)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let deleted = proxy.add(.deleteObject, .holdsAnswer) {
                $0.request["if-match"]?.contains(written.etag) ?? true
            }
            proxy.add(.receiveMessage, .holdsRequest, skipping: 1)
            let worker = try station.startWorker(environment: proxy.environment)
            try await deleted.awaitHits(1)
            worker.send(SIGKILL)
            _ = try await worker.exit(within: .seconds(30))

            // The later upload's message is worked on first: it waits until the dead worker's claim has expired.
            try await station.stack.letTimePass(.seconds(60), in: queue)
            #expect(try await cloud.take(1, from: queue.url).count == 1)
            let next = try await station.upload(later, "notes.txt")
            let second = station.record(
                "notes.txt", size: later.count, etag: next.etag, sequencer: "0055AED6DCD90281E6")
            try await cloud.send("{\"Records\":[\(second)]}", to: queue)
            try await station.settle()
            try await cloud.send("{\"Records\":[\(first)]}", to: queue)
            try await station.settle()

            // The earlier job's judgement stays on record; the later job's record names the copy.
            let jobs = try await station.jobs()
            let job = try #require(jobs.first { $0.etag == written.etag })
            #expect(job.outcome == "superseded" && job.verdict == "clean" && job.attempts == 2, "\(job)")
            #expect(jobs.first { $0.etag == next.etag }?.disposition == "promoted" && jobs.count == 2)
            #expect(try await cloud.get(station.media, "notes.txt")?.bytes == later)
            #expect(try await station.keys(station.incoming).isEmpty)
            try await station.expectDrained()
        }

        /// Runs `body` on the items, five concurrently.
        private func each<Item: Sendable, Result: Sendable>(
            _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Result
        ) async throws -> [Result] {
            try await withThrowingTaskGroup(of: Result.self) { group in
                var results: [Result] = []
                for (index, item) in items.enumerated() {
                    if index >= 5, let result = try await group.next() { results.append(result) }
                    group.addTask { try await body(item) }
                }
                for try await result in group { results.append(result) }
                return results
            }
        }
    }
}
