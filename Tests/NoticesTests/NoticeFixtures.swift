import Domain
import Foundation
import Pipelines
import Support

@testable import Ledger
@testable import Notices

let uploads = """
    pipeline: uploads
    match: { bucket: inbox, prefix: up/ }
    notify:
      NOTIFY
    then:
      clean:       { move: "s3://out/{rest}" }
      infected:    { quarantine: "s3://jail/{job}" }
      unscannable: { quarantine: "s3://jail/{job}" }
      rejected:    delete
    """

/// - Parameter notify: entries of `notify`, a line each.
func pipeline(_ notify: String...) throws -> Pipeline {
    let text = uploads.replacingOccurrences(of: "NOTIFY", with: notify.map { "- " + $0 }.joined(separator: "\n  "))
    return try PipelineSet(files: [(name: "test.yaml", text: Array(text.utf8))]).pipelines[0]
}

func job(_ key: String = "up/a.png", version: String? = "v1") -> Job {
    let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: version, etag: "e1")
    return Job(
        id: JobID("00112233445566778899aabbccddeeff")!,
        event: Event(object: object, size: 7, sequencer: "01", time: nil, name: "ObjectCreated:Put"))
}

let now = Timestamp(iso8601: "2026-11-21T08:09:10.123Z")!

func judgement(_ verdict: Verdict, _ findings: [Finding] = []) -> Judgement {
    Judgement(
        verdict: verdict, findings: findings,
        evidence: Evidence(
            bytesRead: 7, sha256: String(repeating: "ab", count: 32), declaredType: "image/png",
            detectedType: "image/png", engine: "ClamAV 1.4.6", signatures: "demo 3"))
}

func place(_ bucket: String = "out", _ key: String = "a.png") -> Destination {
    Destination(ObjectLocation(bucket: bucket, key: ObjectKey(key)!), versionID: "w1")
}

let settled = Outcome.settled(judgement(.clean), .promoted, place())
let quarantined = Outcome.settled(judgement(.infected, [Finding(.signature, "Eicar")]), .quarantined, place("jail"))

func work(_ kind: ReviewWork.Kind, reason: String = "ours") -> ReviewWork {
    ReviewWork(
        kind: kind, target: nil, request: ReviewEntry(actor: "mara", at: now, reason: reason), rememberedUntil: nil,
        worker: "one", until: now, number: 3)
}

func newNotice(_ id: String = "n1", to destination: String = "sqs:q", about other: JobID? = nil) -> NewNotice {
    NewNotice(
        id: id, destination: destination,
        attributes: NoticeAttributes(
            kind: .outcome, pipeline: "uploads", bucket: "inbox", verdict: .clean, disposition: .promoted),
        job: other ?? job().id, body: #"{"id":"n1"}"#, createdAt: now)
}
