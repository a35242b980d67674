import Domain
import Ledger
import Support
import Testing

@testable import Lazaret

/// `lazaret jobs show` for a job that was reopened twice.
struct JobDetailsTests {
    private func at(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_248_000_000 + minute * 60_000) }

    private var details: JobDetails {
        let object = ObjectVersion(bucket: "incoming", key: ObjectKey("a\u{1B}.txt")!, versionID: nil, etag: "e1")
        let event = Event(object: object, size: 3, sequencer: "01", time: nil, name: "ObjectCreated:Put")
        let kept = Judgement(verdict: .rejected, findings: [], evidence: Evidence())
        let record = JobRecord(
            job: Job(id: JobID(String(repeating: "a", count: 32))!, event: event), attemptCount: 2,
            history: [
                PastOutcome(
                    outcome: .failed(reason: "denied", nil), judgement: nil, attemptCount: 1, finishedAt: at(1),
                    reopenedAt: at(2)),
                PastOutcome(
                    outcome: .settled(kept, .kept, nil), judgement: kept, attemptCount: 2, finishedAt: at(3),
                    reopenedAt: at(4)),
            ], strandedAt: at(4), firstReceivedAt: at(0))
        let trail = [
            AuditEntry(at: at(2), actor: "mara", action: "replay", subject: "s3://incoming/a", reason: "ticket 7"),
            AuditEntry(at: at(4), actor: "m\u{1B}", action: "replay", subject: "s3://incoming/a", reason: ""),
        ]
        return JobDetails(record: record, trail: trail)
    }

    @Test func `the text shows since when the job is stranded, its earlier outcomes and its audit entries`() {
        let lines = details.text.split(separator: "\n").map(String.init)
        for line in [
            "object         s3://incoming/a\\u{1b}.txt", "outcome        open",
            "stranded       since \(at(4)): the queue holds no known message for this job",
            "previous       failed at \(at(1)), reopened at \(at(2)): denied",
            "previous       settled, rejected, kept at \(at(3)), reopened at \(at(4))",
            "audit          \(at(2)) replay by mara: ticket 7", "audit          \(at(4)) replay by m\\u{1b}",
        ] { #expect(lines.contains(line), "\(line) in\n\(details.text)") }
    }

    @Test func `the JSON appends the history and the audit entries to the fields of the list`() {
        let text = String(decoding: JSONWriter.object(keepingNulls: true, details.write), as: UTF8.self)
        let list = String(decoding: details.record.jsonLine, as: UTF8.self)
        #expect(text.hasPrefix(list.dropLast()))
        let (one, two, three, four) = ("\(at(1))", "\(at(2))", "\(at(3))", "\(at(4))")
        let parts: [String] = [
            #","history":[{"outcome":"failed","verdict":null,"disposition":null,"attempts":1,"#,
            #""finishedAt":"\#(one)","reopenedAt":"\#(two)","error":"denied"},"#,
            #"{"outcome":"settled","verdict":"rejected","disposition":"kept","attempts":2,"#,
            #""finishedAt":"\#(three)","reopenedAt":"\#(four)","error":null}],"#,
            #""audit":[{"at":"\#(two)","actor":"mara","action":"replay","subject":"s3://incoming/a","#,
            #""reason":"ticket 7"},{"at":"\#(four)","actor":"m\u001b","action":"replay","#,
            #""subject":"s3://incoming/a","reason":""}]}"#,
        ]
        #expect(text.dropFirst(list.count - 1) == parts.joined())
    }

    @Test func `the default actor has a name and a host`() {
        let parts = actorName().split(separator: "@", omittingEmptySubsequences: false)
        #expect(parts.count == 2 && parts.allSatisfy { !$0.isEmpty })
    }
}
