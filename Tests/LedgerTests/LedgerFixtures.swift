import Domain
import Foundation
import Ledger

/// Runs `body` on the path of a new folder, which is removed afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lazaret-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
}

/// The `minute`th minute of a day.
func at(_ minute: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_248_000_000 + minute * 60_000) }

func jobID(_ number: Int) -> JobID {
    let digits = String(number, radix: 16)
    return JobID(String(repeating: "0", count: 32 - digits.count) + digits)!
}

func job(_ number: Int, bucket: String = "incoming", key: String? = nil) -> Job {
    let object = ObjectVersion(
        bucket: bucket, key: ObjectKey(key ?? "uploads/\(number).png")!, versionID: "v\(number)", etag: "e\(number)")
    return Job(
        id: jobID(number),
        event: Event(
            object: object, size: Int64(number) * 10, sequencer: "00\(number)", time: at(-1), name: "ObjectCreated:Put")
    )
}

let clean = Judgement(
    verdict: .clean, findings: [],
    evidence: Evidence(
        bytesRead: 10, sha256: String(repeating: "ab", count: 32), declaredType: "image/png",
        detectedType: "image/png", engine: "ClamAV 1.4.6", signatures: "demo 3", scanMilliseconds: 4))

/// A clean judgement with complete evidence. `clean` has the evidence of the first release.
func cleanWithEvidence(signatures databases: [SignatureDatabase] = demoSet) -> Judgement {
    var evidence = clean.evidence
    evidence.databases = databases
    (evidence.method, evidence.objects, evidence.deepest, evidence.extracted) = (.members, 12, 2, 1)
    return Judgement(verdict: .clean, findings: [], evidence: evidence)
}

let demoSet = [
    SignatureDatabase(name: "daily.cld", version: 27_000, built: at(-60)),
    SignatureDatabase(name: "a \"quoted\" \\ né\u{1}me🦠.ndb", version: nil, built: Timestamp(milliseconds: -1)),
]

/// Uses every field, with texts that an incorrect encoding would change.
let infected = Judgement(
    verdict: .infected,
    findings: [
        Finding(.signature, "Eicar-Test-Signature"),
        Finding(.limit, "max-files", detail: "a \"quoted\" \\ path,\nwith é, e\u{301}, \u{0} and 🦠"),
        Finding(.note, ""),
    ],
    evidence: Evidence(bytesRead: 68, detectedType: "text/plain", limits: ["max-files", "max, \"size\""]))

let promotion = Outcome.settled(
    clean, .promoted,
    Destination(ObjectLocation(bucket: "media", key: ObjectKey("permanent/1.png")!), versionID: "w1"))

extension Ledger {
    /// Claims a job for ten minutes.
    func take(_ job: Job, by worker: String = "alpha", pipeline: String? = "uploads", at minute: Int64 = 0) async throws
        -> ClaimToken
    {
        let claim = try await claim(
            job, by: worker, pipeline: pipeline, receivedAt: at(minute), until: at(minute + 10), now: at(minute))
        guard case .granted(let token, _) = claim else { throw NotGranted(claim: claim) }
        return token
    }

    /// Claims a job and ends it in the same minute.
    func settle(
        _ job: Job, _ outcome: Outcome = promotion, pipeline: String? = "uploads", at minute: Int64 = 0
    ) async throws {
        let token = try await take(job, pipeline: pipeline, at: minute)
        guard try await finish(token, with: outcome, at: at(minute)) else { throw NotGranted(claim: nil) }
    }
}

struct NotGranted: Error { let claim: Claim? }
