import TestKit
import Testing

extension EndToEnd {
    @Suite struct Verdicts {
        struct Case {
            let key: String
            let body: [UInt8]
            let declared: String
            let verdict: String
            let disposition: String
            var finding: String?
        }

        static func cases() throws -> [Case] {
            [
                Case(
                    key: "uploads/holiday.png", body: try Samples.file("holiday.png"), declared: "image/png",
                    verdict: "clean", disposition: "promoted"),
                Case(
                    key: "uploads/portrait.jpg", body: try Samples.file("portrait.jpg"), declared: "image/jpeg",
                    verdict: "clean", disposition: "promoted"),
                Case(
                    key: "uploads/a/invoice.pdf", body: try Samples.file("invoice.pdf"), declared: "application/pdf",
                    verdict: "clean", disposition: "promoted"),
                Case(
                    key: "uploads/empty.txt", body: [], declared: "text/plain",
                    verdict: "clean", disposition: "promoted"),
                Case(
                    key: "uploads/three-bytes.txt", body: Array("Hi\n".utf8), declared: "text/plain",
                    verdict: "clean", disposition: "promoted"),
                Case(
                    key: "uploads/readme.txt", body: Eicar.bytes, declared: "text/plain",
                    verdict: "infected", disposition: "quarantined", finding: "Lazaret.Demo.EICAR.UNOFFICIAL"),
                Case(
                    key: "uploads/archive.zip", body: Samples.zip("inner/readme.txt", Eicar.bytes),
                    declared: "application/zip",
                    verdict: "infected", disposition: "quarantined", finding: "Lazaret.Demo.EICAR.UNOFFICIAL"),
                Case(
                    key: "uploads/payslips.zip", body: try Samples.file("payslips.zip"), declared: "application/zip",
                    verdict: "unscannable", disposition: "quarantined", finding: "encrypted"),
                Case(
                    key: "uploads/screenshot.png", body: try Samples.file("screenshot.png"), declared: "image/png",
                    verdict: "rejected", disposition: "deleted", finding: "type-not-accepted"),
                Case(
                    key: "uploads/mislabelled.png", body: try Samples.file("invoice.pdf"), declared: "image/png",
                    verdict: "rejected", disposition: "deleted", finding: "declared-type"),
            ]
        }

        @Test func `every verdict leads to its disposition`() async throws {
            let station = try await StationFixture("verdicts")
            let cases = try Self.cases()
            for one in cases { try await station.upload(one.body, one.key, .init(type: one.declared)) }
            let summary = try await station.settle()
            #expect(summary.objects == cases.count)

            var promoted: [String] = []
            for one in cases {
                let job = try await station.job(one.key)
                #expect(job.outcome == "settled" && job.pipeline == "usual", "\(one.key)")
                #expect(job.verdict == one.verdict, "\(one.key): \(job.findings)")
                #expect(job.disposition == one.disposition, "\(one.key)")
                if let finding = one.finding {
                    #expect(job.findings.map(\.name).contains(finding), "\(one.key): \(job.findings)")
                } else {
                    #expect(job.findings.filter { $0.kind != "note" }.isEmpty, "\(one.key): \(job.findings)")
                }
                switch one.disposition {
                case "promoted":
                    let key = "permanent/" + one.key.dropFirst("uploads/".count)
                    promoted.append(key)
                    let stored = try #require(try await station.cloud.get(station.media, key))
                    #expect(stored.bytes == one.body && stored.type == one.declared, "\(one.key)")
                    #expect(job.destination?.bucket == station.media && job.destination?.key == key)
                case "quarantined":
                    let name = one.key.dropFirst("uploads/".count)
                    let key = "\(one.verdict)/\(job.job)/\(name)"
                    let stored = try #require(try await station.cloud.get(station.quarantine, key))
                    #expect(stored.bytes == one.body, "\(one.key)")
                    #expect(job.destination?.bucket == station.quarantine && job.destination?.key == key)
                default: #expect(job.destination == nil, "\(one.key)")
                }
            }
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media) == promoted.sorted())
            #expect(try await station.keys(station.quarantine).count == 3)
            try await station.expectDrained()
        }

        @Test func `the ledger holds the evidence of a verdict`() async throws {
            let station = try await StationFixture("evidence")
            let written = try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.settle()

            let job = try await station.job("uploads/notes.txt")
            let stored = try #require(try await station.cloud.get(station.media, "permanent/notes.txt"))
            #expect(job.job.count == 32 && job.etag == written.etag && job.bucket == station.incoming)
            #expect(job.size == 21 && job.evidence.bytesRead == 21 && job.sha256 == stored.sha256)
            #expect(job.type.declared == "text/plain" && job.type.detected == "text/plain")
            #expect(job.evidence.engine?.hasPrefix("ClamAV 1.") == true)
            #expect(job.evidence.signatures?.isEmpty == false && job.evidence.scanMillis != nil)
            #expect(job.evidence.databases.map(\.name) == ["lazaret-demo.ndb"])
            #expect(job.evidence.databases.allSatisfy { $0.built.hasPrefix("20") && $0.built.hasSuffix("Z") })
            #expect(job.evidence.method == "whole" && job.evidence.recovered == 0)
            #expect(job.evidence.objects == 1 && job.evidence.deepest == 0)
            #expect(job.evidence.limits.isEmpty && job.attempts == 1 && job.error == nil)
            #expect(job.firstReceivedAt <= job.finishedAt ?? "" && job.firstReceivedAt.hasSuffix("Z"))
        }

        @Test func `an object that no pipeline matches stays and is recorded as unmatched`() async throws {
            let station = try await StationFixture("unmatched")
            try await station.upload(Samples.text, "elsewhere/notes.txt")
            try await station.settle()

            #expect(try await station.keys(station.incoming) == ["elsewhere/notes.txt"])
            let job = try await station.job("elsewhere/notes.txt")
            #expect(job.outcome == "unmatched" && job.verdict == nil && job.disposition == nil && job.pipeline == nil)
            try await station.expectDrained()
        }

        @Test func `a too large object is rejected unread`() async throws {
            let rules = StationFixture.usualRules.replacing("1GiB", with: "20B")
            let station = try await StationFixture("too-large", rules: rules)
            try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.settle()

            let job = try await station.job("uploads/notes.txt")
            #expect(job.verdict == "rejected" && job.findings.map(\.name) == ["too-large"])
            #expect(job.evidence.bytesRead ?? 0 == 0)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.media).isEmpty)
        }
    }
}
