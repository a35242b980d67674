import Domain
import Ledger
import Pipelines
import Testing

@testable import Lazaret

/// What other rules would have made of jobs on record.
struct RulesTrialTests {
    private static func rules(_ accept: String, bucket: String = "incoming") throws -> PipelineSet {
        let text = """
            pipeline: uploads
            match: { bucket: \(bucket) }
            accept: { \(accept) }
            then: { clean: keep, infected: delete, unscannable: delete, rejected: delete }
            """
        return try PipelineSet(files: [(name: "uploads.yaml", text: Array(text.utf8))])
    }

    private static func record(
        _ findings: [Finding], declared: String? = "text/csv", detected: String? = "text/plain", isScanned: Bool = true,
        size: Int64 = 1000
    ) -> JobRecord {
        let object = ObjectVersion(bucket: "incoming", key: ObjectKey("a.csv")!, versionID: nil, etag: "e1")
        let event = Event(object: object, size: size, sequencer: "01", time: nil, name: "ObjectCreated:Put")
        var evidence = Evidence(declaredType: declared, detectedType: detected)
        if isScanned { evidence.engine = "ClamAV 1.4" }
        let judgement = Judgement(verdict: Verdict(of: findings), findings: findings, evidence: evidence)
        return JobRecord(
            job: Job(id: JobID(String(repeating: "a", count: 32))!, event: event),
            outcome: .settled(judgement, .kept, nil), judgement: judgement,
            firstReceivedAt: Timestamp(milliseconds: 1_795_248_000_000))
    }

    @Test func `each rule is tried with what the ledger holds`() throws {
        let type = Finding(.rule, "type-not-accepted", detail: "")
        let virus = Finding(.signature, "Eicar")
        let limit = Finding(.limit, "encrypted")
        let polyglot = Finding(.rule, "polyglot")
        let cases: [(JobRecord, String, RulesTrial.Result)] = [
            (Self.record([]), "max-size: 2KiB", .verdict(.clean)),
            (Self.record([]), "max-size: 999B", .verdict(.rejected)),
            (Self.record([]), "types: [image/png]", .verdict(.rejected)),
            (Self.record([], declared: "image/png"), "declared-type: must-agree", .verdict(.rejected)),
            (Self.record([], declared: "image/png"), "declared-type: warn", .verdict(.clean)),
            (Self.record([virus]), "types: [image/png]", .verdict(.infected)),
            (Self.record([type]), "types: [text/csv]", .verdict(.clean)),
            (Self.record([type, limit]), "types: [text/csv]", .verdict(.unscannable)),
            (Self.record([polyglot]), "types: [text/csv]", .verdict(.rejected)),
            // What was refused by its first bytes has not been scanned.
            (Self.record([type], isScanned: false), "types: [text/csv]", .inspected),
            (Self.record([type], isScanned: false), "types: [image/png]", .verdict(.rejected)),
            (Self.record([Finding(.rule, "too-large")], detected: nil, isScanned: false), "max-size: 2KiB", .inspected),
        ]
        for (record, accept, expected) in cases {
            let trial = try #require(RulesTrial(record, under: try Self.rules(accept)))
            #expect(trial.after == expected, "\(accept), \(record.judgement?.findings ?? [])")
            #expect(trial.isChanged == (trial.before != expected))
        }
    }

    @Test func `an object that no pipeline takes any more is unmatched, and one that failed is left out`() throws {
        let set = try Self.rules("max-size: 2KiB", bucket: "elsewhere")
        #expect(RulesTrial(Self.record([]), under: set)?.after == .unmatched)
        var failed = Self.record([])
        (failed.judgement, failed.outcome) = (nil, .failed(reason: "denied", nil))
        #expect(RulesTrial(failed, under: set) == nil)
        failed.outcome = .unmatched
        #expect(RulesTrial(failed, under: set)?.isChanged == false)
        #expect(RulesTrial(failed, under: try Self.rules("max-size: 2KiB"))?.after == .inspected)
    }

    @Test func `the report counts each change and gives examples`() throws {
        var tally = TrialTally(examplesPerChange: 2)
        let set = try Self.rules("types: [image/png]")
        for _ in 0..<5 {
            let record = Self.record([])
            tally.add(try #require(RulesTrial(record, under: set)), record)
        }
        let virus = Self.record([Finding(.signature, "Eicar")])
        tally.add(try #require(RulesTrial(virus, under: set)), virus)
        let example = "    s3://incoming/a.csv: type-not-accepted (declared as text/csv, the bytes show text/plain)"
        #expect(
            tally.text.split(separator: "\n").map(String.init) == [
                "6 jobs: 5 would be judged otherwise, 1 as before", "5  clean -> rejected  by pipeline uploads",
                example,
                example, "    … 3 more",
            ])
    }
}
