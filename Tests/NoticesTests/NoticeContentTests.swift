import Domain
import Foundation
import Ledger
import Pipelines
import TestKit
import Testing

@testable import Notices

@Suite(.timeLimit(.minutes(1))) struct NoticeContentTests {
    /// Every kind of notice, and texts that a reader must not take for something else.
    private static var contents: [(Job, Notice.Content)] {
        let hostile = "<script>alert(1)</script>\u{1b}[31m\u{202e}gnp.exe\n\r\0\"\\=cmd()|'/C calc'!A0&\u{2028}🦠é\u{7f}"
        let finding = Finding(.signature, hostile, detail: String(repeating: hostile, count: 99), path: hostile)
        let many = judgement(.infected, Array(repeating: finding, count: 40))
        let failure = Outcome.failed(reason: hostile, many)
        let outcomes: [Outcome] = [
            settled, quarantined, .settled(many, .quarantined, place("jail", "up/" + hostile)),
            .settled(judgement(.rejected, [Finding(.rule, "too-large")]), .deleted, nil),
            .settled(judgement(.unscannable, [Finding(.limit, "encrypted")]), .kept, nil), .gone, .superseded, .marker,
            failure, .failed(reason: "", nil), reused,
        ]
        let reviews: [Notice.Content] = [
            .review(work(.release), judgement(.infected), place: place(), attempt: 1),
            .review(work(.delete, reason: hostile), many, place: nil, attempt: 2),
            .review(work(.expire), nil, place: nil, attempt: 1),
            .review(work(.recall), judgement(.clean), place: place("jail"), attempt: 1),
        ]
        var contents: [Notice.Content] = reviews + [.received]
        for (index, outcome) in outcomes.enumerated() { contents.append(.outcome(outcome, attempt: index + 1)) }
        let other = job("up/" + hostile, version: nil)
        return contents.map { (job(), $0) } + contents.map { (other, $0) }
    }

    /// A clean verdict that another job vouches for.
    private static var reused: Outcome {
        var evidence = judgement(.clean).evidence
        evidence.vouchedBy = JobID(String(repeating: "7", count: 32))
        return .settled(Judgement(verdict: .clean, findings: [], evidence: evidence), .promoted, place())
    }

    private func notice(_ job: Job, _ content: Notice.Content) -> Notice {
        Notice(job: job, pipeline: "uploads", content: content, time: now)
    }

    @Test func `each notice is as docs/notice.schema.json says, which has every field`() throws {
        let lines = Self.contents.map { notice($0, $1).json } + [NewNotice.test(to: "sqs:q", at: now).body]
        let script = """
            import json, sys
            from jsonschema import Draft202012Validator
            schema = json.load(open(sys.argv[1]))
            def close(part):
                if isinstance(part, dict):
                    if "properties" in part and part.get("type") == "object":
                        part["additionalProperties"] = False
                    for value in part.values():
                        close(value)
                elif isinstance(part, list):
                    for value in part:
                        close(value)
            close(schema)
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema)
            seen, count = set(), 0
            for line in sys.stdin.buffer:
                notice = json.loads(line)
                seen |= notice.keys()
                count += 1
                for error in validator.iter_errors(notice):
                    print(error.message[:300], list(error.absolute_path), line[:300])
            print(count, sorted(set(schema["properties"]) - seen))
            """
        let input: [UInt8] = lines.flatMap { line -> [UInt8] in Array(line.utf8) + [0x0A] }
        let tool = try Tool.run(
            [Project.python, "-c", script, Project.root + "/docs/notice.schema.json"], input: input)
        #expect(String(decoding: tool.output, as: UTF8.self) == "\(lines.count) []\n")
    }

    @Test func `hostile texts are inert, keys exact, and the size is bounded`() throws {
        for (job, content) in Self.contents {
            let text = notice(job, content).json
            #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) && !"<>&".utf8.contains($0) })
            #expect(text.utf8.count < 128 << 10)
            let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let object = try #require(read["s3ObjectDetails"] as? [String: Any])
            let key = try #require(object["objectKey"] as? String)
            #expect(key.utf8.elementsEqual(job.object.key.text.utf8))
            // Texts for people have no formatting characters even when they are read.
            var others = read
            for name in ["s3ObjectDetails", "destination"] { others[name] = nil }
            let again = String(decoding: try JSONSerialization.data(withJSONObject: others), as: UTF8.self)
            #expect(!again.unicodeScalars.contains { $0.value == 0x202E || $0.value == 0x1B || $0.value == 0x2028 })
            #expect(!again.contains("\\u001b"))
        }
    }

    @Test func `an outcome has GuardDuty's names and what became of the object`() throws {
        let json = notice(job(), .outcome(quarantined, attempt: 2)).json
        #expect(
            json == """
                {"schemaVersion":"1.0","id":"00112233445566778899aabbccddeeff-outcome-2","kind":"outcome",\
                "time":"2026-11-21T08:09:10.123Z","revision":2097152,"job":"00112233445566778899aabbccddeeff",\
                "pipeline":"uploads","resourceType":"S3_OBJECT","s3ObjectDetails":{"bucketName":"inbox",\
                "objectKey":"up/a.png","eTag":"e1","versionId":"v1"},"size":7,"scanStatus":"COMPLETED",\
                "scanResultDetails":{"scanResultStatus":"THREATS_FOUND","threats":[{"name":"Eicar"}]},\
                "outcome":"settled","verdict":"infected","disposition":"quarantined","destination":\
                {"bucketName":"jail","objectKey":"a.png","versionId":"w1"},"sha256":"\(String(repeating: "ab", count: 32))",\
                "declaredType":"image/png","detectedType":"image/png","engine":"ClamAV 1.4.6","signatures":"demo 3",\
                "findings":[{"kind":"signature","name":"Eicar"}]}
                """)
    }

    @Test func `the notice of a reused verdict names the job that vouches for it`() {
        let text = notice(job(), .outcome(Self.reused, attempt: 1)).json
        #expect(text.contains(#""vouchedBy":"\#(String(repeating: "7", count: 32))""#))
        #expect(!notice(job(), .outcome(settled, attempt: 1)).json.contains("vouchedBy"))
    }

    @Test func `a later notice about a job has a greater revision`() {
        let contents: [Notice.Content] = [
            .received, .outcome(.gone, attempt: 1), .review(work(.release), nil, place: nil, attempt: 1),
            .outcome(settled, attempt: 2), .review(work(.recall), nil, place: nil, attempt: 2),
        ]
        let revisions = contents.map { notice(job(), $0).revision }
        #expect(revisions == revisions.sorted() && Set(revisions).count == revisions.count)
    }

    @Test(arguments: [
        ("sns: arn:aws:sns:us-east-1:1:t", ["outcome", "gone", "quarantine", "release"]),
        ("sns: arn:aws:sns:us-east-1:1:t, received: true", ["received", "outcome", "gone", "quarantine", "release"]),
        ("sns: arn:aws:sns:us-east-1:1:t, reviews: false", ["outcome", "gone", "quarantine"]),
        ("sns: arn:aws:sns:us-east-1:1:t, verdicts: [infected]", ["quarantine", "release"]),
        ("sns: arn:aws:sns:us-east-1:1:t, verdicts: [clean], reviews: false", ["outcome"]),
        ("sns: arn:aws:sns:us-east-1:1:t, dispositions: [promoted]", ["outcome", "release"]),
        ("sns: arn:aws:sns:us-east-1:1:t, dispositions: [promoted], verdicts: [infected]", ["release"]),
    ])
    func `filters choose outcomes by verdict and disposition, and reviews by disposition`(
        entry: String, expected: [String]
    ) throws {
        let pipeline = try pipeline("{ \(entry) }")
        let all: [(String, Notice.Content)] = [
            ("received", .received), ("outcome", .outcome(settled, attempt: 1)), ("gone", .outcome(.gone, attempt: 1)),
            ("quarantine", .outcome(quarantined, attempt: 1)),
            ("release", .review(work(.release), judgement(.infected), place: place(), attempt: 1)),
        ]
        let sent = all.filter { !pipeline.notices(about: job(), $0.1, at: now).isEmpty }.map(\.0)
        #expect(sent == expected)
    }

    @Test func `each destination gets the same notice under its own name`() throws {
        let pipeline = try pipeline(
            "{ sqs: \"https://sqs.us-east-1.amazonaws.com/1/q\" }", "{ eventbridge: default }",
            "{ webhook: { url: \"https://app.example/hook\", secrets: [\"env:A\", \"file:/b\"] } }")
        let notices = pipeline.notices(about: job(), .outcome(settled, attempt: 1), at: now)
        #expect(
            notices.map(\.destination) == [
                "sqs:https://sqs.us-east-1.amazonaws.com/1/q", "eventbridge:default",
                "webhook:https://app.example/hook",
            ])
        #expect(Set(notices.map(\.body)).count == 1 && Set(notices.map(\.id)).count == 1)
        #expect(
            notices[0].attributes.byName == [
                "kind": "outcome", "pipeline": "uploads", "bucket": "inbox", "verdict": "clean",
                "disposition": "promoted",
            ])
    }
}
