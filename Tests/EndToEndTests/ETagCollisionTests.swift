import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// An uploader with two bodies of the same MD5, and so the same ETag: a benign one to be judged, and a hostile one
    /// to be promoted in its place.
    @Suite struct ETagCollisions {
        /// The pair that X. Wang and others published in 2004; they differ in six bits.
        static let benign = body(flipping: [])
        static let hostile = body(flipping: [19, 45, 59, 83, 109, 123])

        private static func body(flipping positions: [Int]) -> [UInt8] {
            let first = """
                d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a\
                085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0\
                e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70
                """
            var bytes: [UInt8] = []
            var digits = first[...]
            while !digits.isEmpty {
                bytes.append(UInt8(digits.prefix(2), radix: 16)!)
                digits = digits.dropFirst(2)
            }
            for position in positions { bytes[position] ^= 0x80 }
            return bytes
        }

        /// A station with a signature of the hostile body, and the flags that select it.
        private func station(_ name: String, versions: Bool, visibility: Int = 30) async throws -> (
            StationFixture, [String]
        ) {
            let station = try await StationFixture(name, visibility: visibility, rules: StationFixture.laxRules)
            if versions { try await station.cloud.enableVersions(station.media) }
            let pattern = Self.hostile.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            try station.folder.write("Lazaret.Test.Twin:0:*:\(pattern)\n", to: "signatures/twin.ndb")
            return (station, ["--signatures", station.folder.path + "/signatures"])
        }

        /// Requires that both were judged and that the hostile body is in quarantine only.
        private func expectNothingPromoted(_ station: StationFixture, outcome: String, _ situation: String) async throws
        {
            let jobs = try await station.jobs()
            try #require(jobs.count == 2, "\(situation)")
            let judged = try #require(jobs.first { $0.outcome == outcome }, "\(situation): \(jobs)")
            #expect(judged.verdict == "clean" && judged.disposition == nil && judged.destination == nil)
            #expect(judged.findings.contains { $0.kind == "note" && $0.name == "other-bytes-copied" }, "\(situation)")
            let hostile = try #require(jobs.first { $0.outcome == "settled" })
            #expect(
                hostile.verdict == "infected" && hostile.disposition == "quarantined" && hostile.etag == judged.etag)
            #expect(try await station.cloud.versions(station.media).isEmpty, "\(situation)")
            #expect(try await station.keys(station.media).isEmpty, "\(situation)")
            #expect(try await station.keys(station.incoming).isEmpty, "\(situation)")
            #expect(try await station.cloud.get(station.quarantine, hostile.job)?.bytes == Self.hostile, "\(situation)")
            try await station.expectDrained()
        }

        /// - Parameter versions: whether the bucket for clean objects has versioning.
        @Test(arguments: [(false, false), (true, false), (false, true)])
        func `an overwrite with the same ETag is not promoted in place of the judged object`(
            versions: Bool, inParts: Bool
        )
            async throws
        {
            var (station, flags) = try await station("twin-\(versions)-\(inParts)", versions: versions)
            if inParts { flags += ["--copy-in-parts-over", "64B"] }
            let first = try await station.upload(Self.benign, "a.bin")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let copy = proxy.add(inParts ? .uploadPartCopy : .copyObject, .holdsRequest, times: 1)
            // The job of the second upload starts after this one has ended.
            proxy.add(.receiveMessage, .none, times: 1)
            let later = proxy.add(.receiveMessage, .holdsRequest)
            let worker = try station.startWorker(flags, environment: proxy.environment)
            try await copy.awaitHits(1)
            let second = try await station.upload(Self.hostile, "a.bin")
            #expect(first.etag == second.etag && Self.benign != Self.hostile)
            copy.release()
            _ = try await worker.errorLine(within: .seconds(30)) { $0.contains("object superseded") }
            later.release()
            let exit = try await worker.exit(within: .seconds(60))
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            #expect(exit.standardError.contains("S3 copied other bytes than were inspected"))
            try await expectNothingPromoted(station, outcome: "superseded", "versions: \(versions)")
            #expect(try await station.cloud.openUploads(station.media).isEmpty)
        }

        /// The worker is killed after the hostile body was copied and before the copy is verified. The job of the
        /// second upload runs first then.
        @Test(arguments: [false, true])
        func `a copy of the wrong bytes left by a killed worker is deleted`(versions: Bool) async throws {
            let (station, flags) = try await station("twin-killed-\(versions)", versions: versions, visibility: 10)
            try await station.upload(Self.benign, "a.bin")
            #expect(try await station.cloud.awaitMessages(2, in: station.queue) == 2)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let fetch = proxy.add(.getObject, .holdsAnswer, times: 1)
            let copy = proxy.add(.copyObject, .holdsAnswer, times: 1)
            proxy.add(.receiveMessage, .none, times: 1)
            proxy.add(.receiveMessage, .holdsRequest)
            let worker = try station.startWorker(flags, environment: proxy.environment)
            try await fetch.awaitHits(1)
            try await station.upload(Self.hostile, "a.bin")
            fetch.release()
            try await copy.awaitHits(1)
            worker.send(SIGKILL)
            #expect(try await worker.exit(within: .seconds(30)).ending == .signal(SIGKILL))
            #expect(try await station.cloud.get(station.media, "a.bin")?.bytes == Self.hostile)

            try await station.settle(flags)
            try await station.stack.letTimePass(.seconds(60), in: station.queue)
            try await station.settle(flags)
            try await expectNothingPromoted(station, outcome: "gone", "killed, versions: \(versions)")
        }
    }
}
