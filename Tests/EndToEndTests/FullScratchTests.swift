import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// A disk under the scanner's scratch that can't take what it unpacks costs time, never an object.
    @Suite(.enabled(if: SmallDisk.isPossible, "a full disk is made by mounting a small one"))
    struct FullScratches {
        private func scene(_ name: String, _ disk: SmallDisk) async throws -> (Station, Program) {
            let station = try await Station(name, rules: Station.laxRules)
            let worker = try station.startWorker(
                idle: nil, ["--scanners", "1"],
                environment: station.stack.environment.merging(["TMPDIR": disk.path]) { $1 })
            // From then on the scanner has a child, which writes nothing until it is asked to scan.
            try await station.upload(Samples.text, "first.txt")
            try await worker.logged("object settled")
            while try await station.cloud.counts(station.queue.url) != .none {
                try await Task.sleep(for: .milliseconds(20))
            }
            return (station, worker)
        }

        private func end(_ worker: Program) async throws {
            worker.send(SIGTERM)
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
        }

        @Test func `an object waits in place until there is room to unpack it`() async throws {
            let disk = try SmallDisk(bytes: 32 << 20)
            let (station, worker) = try await scene("full-scratch", disk)
            try disk.fill()
            try await station.upload(Samples.zip("a.txt", Samples.text), "a.zip", .init(type: "application/zip"))
            let told = try await worker.logged("scratch full: waiting")
            #expect(told.contains(disk.path) && told.contains(#""level":"warning""#), "\(told)")
            // The message is held, and nothing was said of the object.
            #expect(try await station.cloud.counts(station.queue.url).inFlight == 1)
            #expect(try await station.job("a.zip").verdict == nil)
            #expect(try await station.keys(station.incoming) == ["a.zip"])

            try disk.makeRoom()
            try await within(.seconds(60), "the object is promoted") {
                while try await station.job("a.zip").disposition == nil { try await Task.sleep(for: .milliseconds(50)) }
            }
            try await end(worker)
            let job = try await station.job("a.zip")
            #expect(job.verdict == "clean" && job.disposition == "promoted" && job.attempts == 1)
            try await station.expectDrained()
        }

        /// 40 MB in a small archive, on a disk of 32.
        @Test func `an object that always fills the disk is unscannable`() async throws {
            let disk = try SmallDisk(bytes: 32 << 20)
            let (station, worker) = try await scene("scratch-filler", disk)
            let packed = try Tool.run(["gzip", "-c"], input: [UInt8](repeating: 0x61, count: 40 << 20)).output
            try await station.upload(packed, "a.gz", .init(type: "application/gzip"))
            try await within(.seconds(60), "the object is quarantined") {
                while try await station.jobs().first(where: { $0.key == "a.gz" })?.disposition == nil {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await end(worker)
            let job = try await station.job("a.gz")
            #expect(job.verdict == "unscannable" && job.disposition == "quarantined" && job.attempts == 1)
            let shown = try await Program(
                Station.lazaret, ["jobs", "show", job.job, "--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30)).standardOutput
            #expect(shown.contains("resources"), "\(shown)")
            try await station.expectDrained()
        }
    }
}
