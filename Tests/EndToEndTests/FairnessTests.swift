import Glibc
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Fairness {
        private static let archives = 8
        private static let texts = 30

        /// By counts, not by time: on a slow machine both kinds take longer.
        @Test func `small objects pass archives of another uploader that hold the scanners`() async throws {
            let station = try await StationFixture("fairness")
            let archive = try Self.nestedArchive()
            for number in 0..<Self.archives {
                try await station.upload(
                    archive, "uploads/slow/\(number).zip", UploadOptions(type: "application/zip"))
            }
            for number in 0..<Self.texts { try await station.upload(Samples.text, "uploads/quick/\(number).txt") }
            let worker = try station.startWorker(idle: nil, ["--scanners", "2", "--concurrency", "8"])
            let prefix = "permanent/quick/"
            let promoted = try await station.cloud.awaitKeys(
                Self.texts, station.media, prefix: prefix, seconds: 100)
            let jobs = try await station.jobs()
            func ends(under prefix: String) -> [String] {
                jobs.filter { $0.key.hasPrefix(prefix) }.compactMap(\.finishedAt).sorted()
            }
            let last = try #require(ends(under: "uploads/quick/").last)
            let earlier = ends(under: "uploads/slow/").prefix { $0 < last }
            worker.send(SIGKILL)
            let exit = try await worker.exit(within: .seconds(30))
            #expect(promoted == Self.texts, "\(exit.standardError)")
            #expect(earlier.count <= Self.archives / 2, "\(jobs)")
            #expect(jobs.allSatisfy { $0.finishedAt == nil || $0.verdict == "clean" }, "\(jobs)")
        }

        /// A ZIP of ZIPs, small but with thousands of members: each costs an unpacking, and a pass of the engine.
        private static func nestedArchive() throws -> [UInt8] {
            let script = """
                import io, sys, zipfile
                def packed(members):
                    buffer = io.BytesIO()
                    with zipfile.ZipFile(buffer, "w") as file:
                        for name, content in members: file.writestr(name, content)
                    return buffer.getvalue()
                inner = lambda i: packed((f"{j}.txt", f"text {i} {j}\\n") for j in range(40))
                sys.stdout.buffer.write(packed((f"{i}.zip", inner(i)) for i in range(128)))
                """
            return try Tool.run([Project.python, "-c", script]).output
        }
    }
}
