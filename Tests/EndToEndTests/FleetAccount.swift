import Digest
import Domain
import Foundation
import Ledger
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

    /// Requires that each upload has exactly one ended job, and that S3 holds what job and review say: no object in two
    /// places, and none lost.
    func expectEveryUploadOnce() async throws {
        let sidecars = jobs.filter { $0.key.hasSuffix(".info") }
        #expect(
            Set(sidecars.map(\.key)) == history.sidecars && sidecars.count == history.sidecars.count, "seed \(seed)")
        #expect(sidecars.allSatisfy { $0.outcome == "unmatched" }, "seed \(seed)")
        #expect(jobs.count == history.uploads.count + sidecars.count, "seed \(seed)")
        var ended = Ended()
        for (index, upload) in history.uploads.enumerated() {
            let mine = jobs.filter { job in
                job.key == upload.key && job.etag == upload.etag && job.versionId == upload.version
            }
            guard mine.count == 1, let job = mine.first else {
                Issue.record("\(mine.count) jobs of \(upload.key), ETag \(upload.etag), seed \(seed)")
                continue
            }
            let later = history.uploads.dropFirst(index + 1).filter { $0.key == upload.key }
            add(job, upload, later, to: &ended)
        }
        FleetQuotas(seed: seed, ended: ended).expectExactness()
        let settled = try await afterReviews(ended.settled)

        let all = try await station.cloud.versions(station.incoming)
        try await FleetTags(account: self, kept: ended.kept).expectTags(
            on: all.filter { FleetPipeline.tagged.takes($0.key) })
        let there = all.filter { !FleetPipeline.tagged.takes($0.key) }
        let found = Set(there.map(\.version))
        #expect(found.count == there.count && found.isSuperset(of: ended.left), "\(there), seed \(seed)")
        #expect(found.isSubset(of: ended.mayBeLeft), "\(there), seed \(seed)")
        try await FleetBuckets(account: self, settled: settled).expectNothingElse()
        try await station.expectDrained()
        if let again = fleet.again { #expect(try await station.cloud.counts(again.url) == .none, "seed \(seed)") }
    }

    /// How the uploads ended.
    struct Ended {
        var settled: [Settled] = []
        var kept: [Kept] = []
        /// Versions that stay at the source, and those that may.
        var left: Set<String> = []
        var mayBeLeft: Set<String> = []
    }

    /// An upload whose job has moved it.
    struct Settled {
        let job: JobLine
        let upload: Fleet.Upload
        /// Where it lies now.
        var place: Place

        var isBeyondQuota: Bool { job.verdict == "rejected" }
    }

    /// An upload that stays where it was written.
    struct Kept {
        let job: JobLine
        let upload: Fleet.Upload
    }

    struct Place {
        let bucket: String
        let key: String
        let versionId: String?
        let isQuarantined: Bool

        init?(_ place: JobLine.Place?, isQuarantined: Bool) {
            guard let place else { return nil }
            (bucket, key, versionId) = (place.bucket, place.key, place.versionId)
            self.isQuarantined = isQuarantined
        }
    }

    /// - Parameter later: uploads that overwrote this one.
    private func add(_ job: JobLine, _ upload: Fleet.Upload, _ later: [Fleet.Upload], to ended: inout Ended) {
        let wasOverwritten = !later.isEmpty
        let isInfectedLater = later.contains(where: \.isInfected)
        if job.verdict != nil { expectEvidence(job, of: upload) }
        switch job.outcome {
        case "settled" where job.disposition == "kept": ended.kept.append(Kept(job: job, upload: upload))
        case "settled":
            let isQuarantined = job.verdict != "clean"
            #expect(job.disposition == (isQuarantined ? "quarantined" : "promoted"), "\(job), seed \(seed)")
            guard let place = Place(job.destination, isQuarantined: isQuarantined) else {
                Issue.record("no destination: \(job), seed \(seed)")
                return
            }
            ended.settled.append(Settled(job: job, upload: upload, place: place))
        // Without versioning, the next upload to the same key replaces the bytes.
        case "superseded" where wasOverwritten && upload.version == nil: break
        // A later version was judged clean before this one was moved, so that this one stays in place. Or an earlier
        // attempt moved it, and the copy of the later one replaced its copy.
        case "superseded" where wasOverwritten && !upload.isInfected && job.verdict == "clean":
            if job.attempts == 1 { ended.left.insert(upload.version ?? "") }
            ended.mayBeLeft.insert(upload.version ?? "")
        // A clean upload is replaced only by a later clean one; a later infected one is moved elsewhere.
        case "gone" where upload.version == nil && (job.verdict != "clean" ? wasOverwritten : isInfectedLater):
            break
        default: Issue.record("\(job), seed \(seed)")
        }
    }

    /// Returns where reviewed objects lie now, without those that were deleted.
    private func afterReviews(_ settled: [Settled]) async throws -> [Settled] {
        guard fleet.plan.reviews != nil else { return settled }
        let ledger = try await openLedger(at: fleet.ledger, log: Log(threshold: .error), creating: false)
        var all: [Settled] = []
        for var one in settled {
            if one.upload.pipeline == .reviewed {
                guard let place = try await FleetReviews(account: self).place(of: one.job, ledger) else { continue }
                one.place = place
            }
            all.append(one)
        }
        await ledger.close()
        return all
    }

    private func expectEvidence(_ job: JobLine, of upload: Fleet.Upload) {
        if upload.pipeline == .metered, job.verdict == "rejected" {
            #expect(job.findings.map(\.name) == ["quota"] && job.evidence.scanMillis == nil, "\(job), seed \(seed)")
            return
        }
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
              reviews:    \(list(history.reviews)); \(history.interruptedReviews) finished by reconcile
              side-cars:  \(history.sidecars.count); \(jobs.count { $0.verdict == "rejected" }) beyond a quota
              sent again: \(history.sentAgain) by backfill and replay
              faults:     \(list(history.faults))
              signatures: \(history.switches) new sets
              attempts:   \(jobs.map(\.attempts).max() ?? 0) at most for a job, \(jobs.map(\.attempts).reduce(0, +)) in all
            """
    }
}
