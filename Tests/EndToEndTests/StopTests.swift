import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// A worker that is stopped, or meets another worker's job, during a scan.
    @Suite struct Stops {
        /// The running child processes of a process.
        private func children(of process: pid_t) throws -> [pid_t] {
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
            return threads.flatMap { thread in
                let text = FileManager.default.contents(atPath: "/proc/\(process)/task/\(thread)/children") ?? Data()
                return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
            }
        }

        private static let uploads = ["uploads/a.txt", "uploads/b.txt"]

        /// Starts a worker that holds two messages: the scan of one object is suspended together with its processes,
        /// and the other waits. A worker at capacity has no receive request open, which the local cloud would answer
        /// even after the worker closed the connection.
        private func stuck(_ station: StationFixture, grace: Int) async throws -> (worker: Program, scanning: [pid_t]) {
            let worker = try station.startWorker(
                idle: nil, ["--scanners", "1", "--concurrency", "1", "--stop-grace", "\(grace)"])
            try await worker.logged("started")
            // One child of its own, and one that is kept for small objects.
            let scanning = try await within(.seconds(30), "both children of the scanner") {
                while true {
                    let found = try children(of: worker.processID).flatMap { try children(of: $0) }
                    if found.count == 2 { return found }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            for process in scanning { try #require(kill(process, SIGSTOP) == 0) }
            try await within(.seconds(30), "the acknowledgement of the test event") {
                while try await station.cloud.counts(station.queue.url) != .none {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            for key in Self.uploads { try await station.upload(Samples.text, key) }
            try await within(.seconds(30), "one job claimed and both messages received") {
                while try await station.cloud.counts(station.queue.url).inFlight < 2 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                while try await station.jobs().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            }
            return (worker, scanning)
        }

        @Test func `a scan that runs at SIGTERM is finished within the grace period`() async throws {
            let station = try await StationFixture("stop-finish")
            let (worker, scanning) = try await stuck(station, grace: 60)
            worker.send(SIGTERM)
            try await worker.logged("draining")
            for process in scanning { kill(process, SIGCONT) }
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            #expect(try await station.keys(station.media).count == 1)
            #expect(try await station.keys(station.incoming).count == 1)
            try await expectWaiting(1, station)
            try await expectAllDone(station, attempts: [1, 1])
        }

        /// Requires that this many messages are visible and none is in flight.
        private func expectWaiting(_ count: Int, _ station: StationFixture) async throws {
            let counts = try await station.cloud.counts(station.queue.url)
            #expect(counts.inFlight == 0 && counts.visible == count, "\(counts)")
        }

        /// Requires that the next worker finishes the rest at once: no lease and no claim blocks it.
        private func expectAllDone(_ station: StationFixture, attempts: [Int]) async throws {
            try await station.settle()
            #expect(Set(try await station.keys(station.media)) == ["permanent/a.txt", "permanent/b.txt"])
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.jobs().map(\.attempts).sorted() == attempts)
            try await station.expectDrained()
        }

        @Test func `a scan that outlasts the grace period is handed back to the next worker`() async throws {
            let station = try await StationFixture("stop-grace")
            let (worker, _) = try await stuck(station, grace: 1)
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(exit.standardError.contains("job handed back"))
            #expect(Set(try await station.keys(station.incoming)) == Set(Self.uploads))
            try await expectWaiting(2, station)
            try await expectAllDone(station, attempts: [1, 2])
        }

        @Test func `a second worker with a duplicate message waits for the first and does nothing`() async throws {
            let station = try await StationFixture("stop-second", versioned: true)
            let (first, scanning) = try await stuck(station, grace: 60)
            let job = try #require(try await station.jobs().first)
            let record = station.record(
                job.key, size: Samples.text.count, etag: job.etag ?? "", version: job.versionId)
            try await station.cloud.send("{\"Records\":[\(record)]}", to: station.queue)
            let second = try station.startWorker()
            try await second.logged("started")
            try await within(.seconds(30), "the second worker's receipt of the message") {
                while try await station.cloud.counts(station.queue.url).visible > 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            for process in scanning { kill(process, SIGCONT) }
            let exit = try await second.exit(within: .seconds(30))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let summary = try #require(exit.errorLines.last)
            #expect(summary.contains(#""duplicates":1,"retries":0"#) && summary.contains(#""objects":0"#), "\(summary)")
            first.send(SIGTERM)
            #expect(try await first.exit(within: .seconds(30)).ending == .code(0))
            try await expectAllDone(station, attempts: [1, 1])
        }

        @Test func `a failure on the last receive is logged as going to the dead-letter queue`()
            async throws
        {
            let station = try await StationFixture("stop-dead", receives: 1)
            // A failure of the object's own: one of the service is waited for, and costs no receive.
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            proxy.add(.copyObject, .error(400, "InvalidRequest"), key: "permanent/notes.txt")
            try await station.upload(Samples.text, "uploads/notes.txt")
            let exit = try await station.startWorker(idle: 2, environment: proxy.environment)
                .exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let lines = exit.errorLines.filter { $0.contains("message goes to the dead-letter queue") }
            #expect(lines.count == 1 && lines.first?.contains("InvalidRequest") == true, "\(exit.standardError)")
            let dead = try #require(station.queue.deadLetters)
            #expect(try await station.cloud.counts(dead).visible == 1)
            #expect(try await station.keys(station.incoming) == ["uploads/notes.txt"])
        }
    }
}
