import Digest
import Domain
import Foundation
import Support
import TestKit
import Testing

/// What became of every object that a fleet was given.
struct FleetAccount {
    let fleet: Fleet
    let deeds: Fleet.Deeds
    let jobs: [JobLine]
    private let took: Duration

    var station: Station { fleet.station }
    var seed: UInt64 { fleet.plan.seed }

    init(of fleet: Fleet, took: Duration) async throws {
        self.fleet = fleet
        self.took = took
        deeds = fleet.deeds.withLock { $0 }
        // A ledger on a server may know of others.
        let bucket = fleet.station.incoming
        jobs = try await fleet.station.jobs(ledger: fleet.ledger).filter { $0.bucket == bucket }
    }

    /// Each upload has one job that has ended, and what that says is what S3 holds: no object in two places, none in no place.
    func expectEveryUploadOnce() async throws {
        #expect(jobs.count == deeds.uploads.count, "seed \(seed)")
        var settled: [Settled] = []
        var left: Set<String> = []
        var mayBeLeft: Set<String> = []
        for (index, upload) in deeds.uploads.enumerated() {
            let mine = jobs.filter { job in
                job.key == upload.key && job.etag == upload.etag && job.versionId == upload.version
            }
            guard mine.count == 1, let job = mine.first else {
                Issue.record("\(mine.count) jobs of \(upload.key), ETag \(upload.etag), seed \(seed)")
                continue
            }
            let later = deeds.uploads.dropFirst(index + 1).filter { $0.key == upload.key }
            let wasOverwritten = !later.isEmpty
            let isInfectedLater = later.contains(where: \.isInfected)
            if job.verdict != nil { expectEvidence(job, of: upload) }
            switch job.outcome {
            case "settled": settled.append(Settled(job: job, upload: upload))
            // Where there are no versions, the bytes of an upload are gone with the next one to the same key.
            case "superseded" where wasOverwritten && upload.version == nil: break
            // A later version was judged clean before this one was moved: this one stays where it is. Or, where there was an
            // attempt before, it was moved by that, and its copy replaced by that of the later one.
            case "superseded" where wasOverwritten && !upload.isInfected && job.verdict == "clean":
                if job.attempts == 1 { left.insert(upload.version ?? "") }
                mayBeLeft.insert(upload.version ?? "")
            // What took the place of a clean one is a later one that is clean as well; an infected one was moved elsewhere.
            case "gone" where upload.version == nil && (job.verdict != "clean" ? wasOverwritten : isInfectedLater):
                break
            default: Issue.record("\(job), seed \(seed)")
            }
        }
        let there = try await station.cloud.versions(station.incoming)
        let found = Set(there.map(\.version))
        #expect(found.count == there.count && found.isSuperset(of: left), "\(there), seed \(seed)")
        #expect(found.isSubset(of: mayBeLeft), "\(there), seed \(seed)")
        try await FleetPlaces(account: self, settled: settled).expectNothingElse()
        try await station.expectDrained()
    }

    /// One job that has ended with its object at another place, and the upload that it is of.
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

    /// The figures, for people.
    var figures: String {
        var outcomes: [String: Int] = [:]
        for job in jobs {
            let judged = job.outcome == "gone" && job.verdict != nil ? " after its verdict" : ""
            outcomes[(job.disposition ?? job.outcome ?? "open") + judged, default: 0] += 1
        }
        let again = deeds.deliveries.values.reduce(0) { $0 + $1 - 1 }
        func list(_ counts: [String: Int]) -> String {
            counts.isEmpty
                ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        return """
            fleet of \(fleet.plan.workers), seed \(seed), \(took.components.seconds) s\(fleet.plan.copiesInParts ? ", copies by parts" : "")
              uploads:    \(deeds.uploads.count) to \(Set(deeds.uploads.map(\.key)).count) keys
              outcomes:   \(list(outcomes))
              kills:      \(deeds.kills)
              duplicates: \(deeds.duplicatesSent) sent, \(again) deliveries of a message beyond its first
              faults:     \(list(deeds.faults))
              signatures: \(deeds.switches) new sets
              attempts:   \(jobs.map(\.attempts).max() ?? 0) at most for a job, \(jobs.map(\.attempts).reduce(0, +)) in all
            """
    }
}
