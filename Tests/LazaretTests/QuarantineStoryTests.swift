import Domain
import Ledger
import Support
import TestKit
import Testing

@testable import Lazaret

/// `lazaret quarantine show` on an object of which there are thousands.
@Suite(.timeLimit(.minutes(1))) struct QuarantineStoryTests {
    @Test func `thousands of copies and notes give a page of bounded length, which says that there are more`()
        async throws
    {
        let folder = try TemporaryDirectory()
        let ledger = try await openLedger(at: "sqlite:\(folder.path)/ledger.db", log: Log(threshold: .error))
        let now = Timestamp(iso8601: "2026-11-21T08:00:00Z")!
        let hash = String(repeating: "ab", count: 32)
        let judgement = Judgement(
            verdict: .infected, findings: [Finding(.signature, "Eicar")], evidence: Evidence(bytesRead: 9, sha256: hash)
        )
        func id(_ number: Int) -> JobID {
            let digits = String(number, radix: 16)
            return JobID(String(repeating: "0", count: 32 - digits.count) + digits)!
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...3000 {
                group.addTask {
                    let object = ObjectVersion(
                        bucket: "incoming", key: ObjectKey("up/\(number)")!, versionID: nil, etag: "e")
                    let event = Event(
                        object: object, size: 9, sequencer: "01", time: now, name: "ObjectCreated:Put",
                        uploader: Uploader(principal: "AWS:A", sourceIP: nil, requestID: nil))
                    let claim = try await ledger.claim(
                        Job(id: id(number), event: event), by: "w", pipeline: "uploads", receivedAt: now,
                        until: now.advanced(by: .seconds(60)), now: now)
                    guard case .granted(let token, _) = claim else { return }
                    let disposition: Disposition = number.isMultiple(of: 2) ? .promoted : .quarantined
                    _ = try await ledger.finish(token, with: .settled(judgement, disposition, nil), at: now)
                }
            }
            try await group.waitForAll()
        }
        for number in 1...120 {
            let entry = AuditEntry(
                at: now, actor: "mara", action: "note", subject: "s", job: id(1), reason: "note \(number).")
            _ = try await ledger.addNote(to: id(1), entry)
        }
        let story = try #require(try await QuarantineStory(of: id(1), in: ledger, now: now))
        let lines = story.text.split(separator: "\n")
        for title in ["same bytes, promoted", "same bytes", "same uploader, 30 days", "Eicar, 30 days"] {
            #expect(lines.filter { $0.hasPrefix("\(title)  ") }.count == 21, "\(title)")
            #expect(lines.contains { $0.hasPrefix("\(title)  ") && $0.contains("  and more") }, "\(title)")
        }
        #expect(story.text.contains("the latest 100 of 120"))
        let notes = lines.filter { $0.hasPrefix("note ") }
        #expect(notes.count == 100 && notes.first?.hasSuffix(": note 21.") == true)
        #expect(story.text.utf8.count < 40_000)
        await ledger.close()
    }
}
