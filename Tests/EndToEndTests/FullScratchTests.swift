import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// A full disk under the scanner's scratch folder costs time, never an object.
    @Suite(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk"))
    struct FullScratches {
        private func startedWorker(_ name: String, scratchOn disk: SmallDisk) async throws -> (StationFixture, Program)
        {
            let station = try await StationFixture(name, rules: StationFixture.laxRules)
            let worker = try station.startWorker(
                idle: nil, ["--scanners", "1"],
                environment: station.stack.environment.merging(["TMPDIR": disk.path]) { $1 })
            // From here on the scanner has a child, which writes nothing until the next scan.
            try await station.upload(Samples.text, "first.txt")
            try await worker.logged("object settled")
            try await within(.seconds(30), "the queue is empty") {
                while try await station.cloud.counts(station.queue.url) != .none {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            return (station, worker)
        }

        private func stop(_ worker: Program) async throws {
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
        }

        @Test func `an object waits until the scratch disk has room`() async throws {
            let disk = try SmallDisk(bytes: 32 << 20)
            let (station, worker) = try await startedWorker("full-scratch", scratchOn: disk)
            try disk.fill()
            try await station.upload(Samples.zip("a.txt", Samples.text), "a.zip", .init(type: "application/zip"))
            let line = try await worker.logged("scratch full: waiting")
            #expect(line.contains(disk.path) && line.contains(#""level":"warning""#), "\(line)")
            // The message stays leased, and the object has no verdict.
            #expect(try await station.cloud.counts(station.queue.url).inFlight == 1)
            #expect(try await station.job("a.zip").verdict == nil)
            #expect(try await station.keys(station.incoming) == ["a.zip"])

            try disk.makeRoom()
            try await within(.seconds(60), "the object is promoted") {
                while try await station.job("a.zip").disposition == nil { try await Task.sleep(for: .milliseconds(50)) }
            }
            try await stop(worker)
            let job = try await station.job("a.zip")
            #expect(job.verdict == "clean" && job.disposition == "promoted" && job.attempts == 1)
            try await station.expectDrained()
        }

        /// 40 MB in a small archive, on a disk of 32.
        @Test func `an object that fills the scratch disk every time is unscannable`() async throws {
            let disk = try SmallDisk(bytes: 32 << 20)
            let (station, worker) = try await startedWorker("scratch-filler", scratchOn: disk)
            let packed = try Tool.run(["gzip", "-c"], input: [UInt8](repeating: 0x61, count: 40 << 20)).output
            try await station.upload(packed, "a.gz", .init(type: "application/gzip"))
            try await within(.seconds(60), "the object is quarantined") {
                while try await station.jobs().first(where: { $0.key == "a.gz" })?.disposition == nil {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await stop(worker)
            let job = try await station.job("a.gz")
            #expect(job.verdict == "unscannable" && job.disposition == "quarantined" && job.attempts == 1)
            let shown = try await Program(
                StationFixture.lazaret, ["jobs", "show", job.job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            #expect(shown.contains("resources"), "\(shown)")
            try await station.expectDrained()
        }
    }
}
