import Domain
import Ledger
import Support
import Testing

struct JobLineTests {
    private func line(_ record: JobRecord) -> String { String(decoding: record.jsonLine, as: UTF8.self) }

    @Test func `a settled job is one JSON line with every field in order`() {
        let judgement = Judgement(
            verdict: .infected,
            findings: [Finding(.signature, "Eicar-Test-Signature", detail: "line\n1", path: "a.zip/b")],
            evidence: Evidence(
                bytesRead: 68, sha256: "275a02", declaredType: "image/png", detectedType: "text/plain",
                engine: "ClamAV 1.4.6", signatures: "demo 3",
                databases: [
                    SignatureDatabase(name: "daily.cld", version: 27_000, built: at(-60)),
                    SignatureDatabase(name: "own.ndb", version: nil, built: at(-30)),
                ], scanMilliseconds: 4, limits: ["max-files"], method: .whole, objects: 3, deepest: 2, extracted: 1,
                forms: [FormEvidence(form: "zip", opener: "libarchive", layers: 1)], vouchedBy: jobID(7)))
        let destination = Destination(
            ObjectLocation(bucket: "quarantine", key: ObjectKey("infected/1.png")!), versionID: "w1")
        let record = JobRecord(
            job: job(1), pipeline: "uploads", outcome: .settled(judgement, .quarantined, destination),
            judgement: judgement, attemptCount: 2, firstReceivedAt: at(0), finishedAt: at(1))
        let expected =
            #"{"job":"00000000000000000000000000000001","pipeline":"uploads","bucket":"incoming","#
            + #""key":"uploads/1.png","versionId":"v1","etag":"e1","sequencer":"001","size":10,"outcome":"settled","#
            + #""verdict":"infected","#
            + #""findings":[{"kind":"signature","name":"Eicar-Test-Signature","detail":"line\n1","path":"a.zip/b"}],"#
            + #""type":{"declared":"image/png","detected":"text/plain"},"sha256":"275a02","#
            + #""evidence":{"bytesRead":68,"engine":"ClamAV 1.4.6","signatures":"demo 3","scanMillis":4,"#
            + #""limits":["max-files"],"#
            + #""databases":[{"name":"daily.cld","version":27000,"built":"2026-11-21T07:00:00.000Z"},"#
            + #"{"name":"own.ndb","version":null,"built":"2026-11-21T07:30:00.000Z"}],"#
            + #""objects":3,"deepest":2,"method":"whole","recovered":1,"forms":[{"form":"zip","opener":"libarchive","layers":1}],"#
            + #""vouchedBy":"00000000000000000000000000000007"},"disposition":"quarantined","#
            + #""destination":{"bucket":"quarantine","key":"infected/1.png","versionId":"w1"},"attempts":2,"#
            + #""firstReceivedAt":"2026-11-21T08:00:00.000Z","finishedAt":"2026-11-21T08:01:00.000Z","error":null,"strandedAt":null,"#
            + #""judgedAt":null,"rules":null,"plannedDestination":null,"heldBy":null,"heldUntil":null,"#
            + #""uploader":{"principal":null,"sourceIp":null,"requestId":null,"metadata":null,"tags":null,"#
            + #""contentDisposition":null},"lastModified":null,"review":null}"#
        #expect(line(record) == expected)
    }

    @Test func `an open job has null for every missing field`() {
        let object = ObjectVersion(bucket: "incoming", key: ObjectKey("k")!, versionID: nil, etag: nil)
        let event = Event(object: object, size: nil, sequencer: nil, time: nil, name: "ObjectCreated:Put")
        let record = JobRecord(
            job: Job(id: jobID(255), event: event), heldBy: "alpha", heldUntil: at(1), firstReceivedAt: at(0),
            error: "S3 answered 503")
        let expected =
            #"{"job":"000000000000000000000000000000ff","pipeline":null,"bucket":"incoming","key":"k","#
            + #""versionId":null,"etag":null,"sequencer":null,"size":null,"outcome":null,"verdict":null,"findings":[],"#
            + #""type":{"declared":null,"detected":null},"sha256":null,"#
            + #""evidence":{"bytesRead":null,"engine":null,"signatures":null,"scanMillis":null,"limits":[],"#
            + #""databases":[],"objects":null,"deepest":null,"method":null,"recovered":null,"forms":[],"vouchedBy":null},"#
            + #""disposition":null,"destination":null,"attempts":1,"#
            + #""firstReceivedAt":"2026-11-21T08:00:00.000Z","finishedAt":null,"error":"S3 answered 503","strandedAt":null,"#
            + #""judgedAt":null,"rules":null,"plannedDestination":null,"heldBy":"alpha","heldUntil":"2026-11-21T08:01:00.000Z","#
            + #""uploader":{"principal":null,"sourceIp":null,"requestId":null,"metadata":null,"tags":null,"#
            + #""contentDisposition":null},"lastModified":null,"review":null}"#
        #expect(line(record) == expected)
    }
}
