import Domain
import Foundation
import Ledger
import Reporting
import Support
import TestKit
import Testing

@testable import Lazaret

struct ReportCommandTests {
    private static func arguments(_ words: [String]) throws -> Arguments {
        try Arguments(parsing: words, of: ReportCommand.command, environment: [:])
    }

    @Test func `the period ends now unless told otherwise, and must not be empty`() throws {
        let now = Timestamp(iso8601: "2026-11-30T12:00:00Z")!
        let month = try ReportCommand.period(Self.arguments([]), now: now)
        #expect(month.since == Timestamp(iso8601: "2026-10-31T12:00:00Z"))
        #expect(month.until == now)
        #expect(throws: CommandFailure.self) {
            try ReportCommand.period(Self.arguments(["--since", "2026-12-01"]), now: now)
        }
    }

    @Test func `each format is written to a file that is complete or absent`() async throws {
        let folder = try TemporaryDirectory()
        let url = "sqlite:\(folder.path)/ledger.db"
        let object = ObjectVersion(bucket: "incoming", key: ObjectKey("=1+1.png")!, versionID: nil, etag: "e")
        let event = Event(object: object, size: 9, sequencer: "01", time: nil, name: "ObjectCreated:Put")
        let job = Job(id: JobID(String(repeating: "a", count: 32))!, event: event)
        let now = Timestamp.now()
        let ledger = try await openLedger(at: url, log: Log(threshold: .error))
        let claim = try await ledger.claim(
            job, by: "w", pipeline: "uploads", receivedAt: now, until: now.advanced(by: .seconds(60)), now: now)
        guard case .granted(let token, _) = claim else {
            Issue.record("the claim was not granted")
            return
        }
        let judgement = Judgement(
            verdict: .infected, findings: [Finding(.signature, "Eicar")], evidence: Evidence(bytesRead: 9))
        #expect(try await ledger.finish(token, with: .settled(judgement, .deleted, nil), at: now))
        await ledger.close()

        let parts = ["html": "Eicar", "json": #""objects":1"#, "csv": "'=1+1.png", "ocsf": #""class_uid":2004"#]
        for (format, part) in parts {
            let file = "\(folder.path)/report.\(format)"
            let words = ["--ledger", url, "--format", format, "--since", "1h", "--until", "2100-01-01"]
            try await ReportCommand.command.run(Self.arguments(words + ["--output", file]))
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.contains(part), "\(format)")
        }
        await #expect(throws: CommandFailure.self) {
            try await ReportCommand.command.run(
                Self.arguments(["--ledger", url, "--output", "\(folder.path)/none/report.html"]))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.hasSuffix(".part") })
    }
}
