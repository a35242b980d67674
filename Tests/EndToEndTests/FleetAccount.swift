import Digest
import Domain
import Foundation
import Support
import TestKit
import Testing

/// The comparison of a fleet's uploads with the ledger and the buckets.
struct FleetAccount {
    let fleet: Fleet
    let history: Fleet.History
    let jobs: [JobLine]
    private let took: Duration

    var station: StationFixture { fleet.station }
    var seed: UInt64 { fleet.plan.seed }

    init(of fleet: Fleet, took: Duration) async throws {
        self.fleet = fleet
        self.took = took
        history = fleet.history.withLock { $0 }
        // A ledger on a server may hold jobs of other fleets.
        let bucket = fleet.station.incoming
        jobs = try await fleet.station.jobs(ledger: fleet.ledger).filter { $0.bucket == bucket }
    }

    /// Requires that each upload has exactly one ended job, and that S3 holds what the job says: no object in two
    /// places, and none lost.
    func expectEveryUploadOnce() async throws {
        #expect(jobs.count == history.uploads.count, "seed \(seed)")
        var settled: [Settled] = []
        var left: Set<String> = []
        var mayBeLeft: Set<String> = []
        var kept: [Settled] = []
        for (index, upload) in history.uploads.enumerated() {
            let mine = jobs.filter { job in
                job.key == upload.key && job.etag == upload.etag && job.versionId == upload.version
            }
            guard mine.count == 1, let job = mine.first else {
                Issue.record("\(mine.count) jobs of \(upload.key), ETag \(upload.etag), seed \(seed)")
                continue
            }
            let later = history.uploads.dropFirst(index + 1).filter { $0.key == upload.key }
            let wasOverwritten = !later.isEmpty
            let isInfectedLater = later.contains(where: \.isInfected)
            if job.verdict != nil { expectEvidence(job, of: upload) }
            switch job.outcome {
            case "settled" where job.disposition == "kept": kept.append(Settled(job: job, upload: upload))
            case "settled": settled.append(Settled(job: job, upload: upload))
            // Without versioning, the next upload to the same key replaces the bytes.
            case "superseded" where wasOverwritten && upload.version == nil: break
            // A later version was judged clean before this one was moved, so that this one stays in place. Or an
            // earlier attempt moved it, and the copy of the later one replaced its copy.
            case "superseded" where wasOverwritten && !upload.isInfected && job.verdict == "clean":
                if job.attempts == 1 { left.insert(upload.version ?? "") }
                mayBeLeft.insert(upload.version ?? "")
            // A clean upload is replaced only by a later clean one; a later infected one is moved elsewhere.
            case "gone" where upload.version == nil && (job.verdict != "clean" ? wasOverwritten : isInfectedLater):
                break
            default: Issue.record("\(job), seed \(seed)")
            }
        }
        let all = try await station.cloud.versions(station.incoming)
        let there = all.filter { !$0.key.hasPrefix(Fleet.taggedPrefix) }
        try await FleetTags(account: self, kept: kept).expectTags(
            on: all.filter { $0.key.hasPrefix(Fleet.taggedPrefix) })
        let found = Set(there.map(\.version))
        #expect(found.count == there.count && found.isSuperset(of: left), "\(there), seed \(seed)")
        #expect(found.isSubset(of: mayBeLeft), "\(there), seed \(seed)")
        try await FleetBuckets(account: self, settled: settled).expectNothingElse()
        try await station.expectDrained()
        if let again = fleet.again { #expect(try await station.cloud.counts(again.url) == .none, "seed \(seed)") }
    }

    /// An upload whose job has moved it.
    struct Settled {
        let job: JobLine
        let upload: Fleet.Upload
    }

    private func expectEvidence(_ job: JobLine, of upload: Fleet.Upload) {
        #expect(job.verdict == (upload.isInfected ? "infected" : "clean"), "\(job), seed \(seed)")
        #expect(job.sha256 == hexadecimal(SHA256.hash(upload.body)), "\(job), seed \(seed)")
        let evidence = job.evidence
        #expect(evidence.bytesRead == Int64(upload.body.count), "\(job), seed \(seed)")
        #expect(
            evidence.engine != nil && evidence.scanMillis != nil && evidence.method == "whole", "\(job), seed \(seed)")
        #expect(!evidence.databases.isEmpty && evidence.limits.isEmpty, "\(job), seed \(seed)")
        #expect(upload.isInfected == job.findings.contains { $0.kind == "signature" }, "\(job), seed \(seed)")
    }

    /// A summary for people.
    var figures: String {
        var outcomes: [String: Int] = [:]
        for job in jobs {
            let judged = job.outcome == "gone" && job.verdict != nil ? " after its verdict" : ""
            outcomes[(job.disposition ?? job.outcome ?? "open") + judged, default: 0] += 1
        }
        let again = history.deliveries.values.reduce(0) { $0 + $1 - 1 }
        func list(_ counts: [String: Int]) -> String {
            counts.isEmpty
                ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        return """
            fleet of \(fleet.plan.workers), seed \(seed), \(took.components.seconds) s\(fleet.plan.copiesInParts ? ", multipart copies" : "")
              uploads:    \(history.uploads.count) to \(Set(history.uploads.map(\.key)).count) keys
              outcomes:   \(list(outcomes))
              kills:      \(history.kills)
              duplicates: \(history.duplicatesSent) sent, \(again) repeated deliveries
              hostile:    \(list(history.hostile))
              sent again: \(history.sentAgain) by backfill and replay
              faults:     \(list(history.faults))
              signatures: \(history.switches) new sets
              attempts:   \(jobs.map(\.attempts).max() ?? 0) at most for a job, \(jobs.map(\.attempts).reduce(0, +)) in all
            """
    }
}
