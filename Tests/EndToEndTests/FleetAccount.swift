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
        let (station, seed) = (fleet.station, fleet.plan.seed)
        #expect(jobs.count == deeds.uploads.count, "seed \(seed)")
        var promoted: [String: [Fleet.Upload]] = [:]
        var quarantined: [String: Fleet.Upload] = [:]
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
            switch job.outcome {
            case "settled":
                let expected = upload.isInfected ? ("infected", "quarantined") : ("clean", "promoted")
                #expect((job.verdict ?? "", job.disposition ?? "") == expected, "\(job), seed \(seed)")
                if upload.isInfected {
                    quarantined[job.destination?.key ?? ""] = upload
                } else {
                    promoted[upload.key, default: []].append(upload)
                }
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
        try await expect(promoted, quarantined)
        try await station.expectDrained()
    }

    private func expect(_ promoted: [String: [Fleet.Upload]], _ quarantined: [String: Fleet.Upload]) async throws {
        let (station, seed) = (fleet.station, fleet.plan.seed)
        let media = try await station.keys(station.media)
        #expect(media.count == Set(media).count, "seed \(seed)")
        try await expectNone(Set(media).symmetricDifference(promoted.keys), at: station.media)
        for (key, uploads) in promoted {
            let stored = try await station.cloud.get(station.media, key)?.bytes ?? []
            // Whatever the order in which events came and jobs ended.
            #expect(stored == uploads.last?.body, "\(key): \(String(decoding: stored, as: UTF8.self)), seed \(seed)")
        }
        let held = try await station.keys(station.quarantine)
        #expect(held.count == Set(held).count, "seed \(seed)")
        try await expectNone(Set(held).symmetricDifference(quarantined.keys), at: station.quarantine)
        for (key, upload) in quarantined {
            #expect(try await station.cloud.get(station.quarantine, key)?.bytes == upload.body, "\(key), seed \(seed)")
        }
    }

    /// Tells of each key that the bucket has and the ledger does not, or the other way round, with all that is known of it.
    private func expectNone(_ keys: Set<String>, at bucket: String) async throws {
        for key in keys.sorted() {
            let stored = try await fleet.station.cloud.get(bucket, key)
            let text = String(decoding: stored?.bytes ?? [], as: UTF8.self)
            let uploads = deeds.uploads.filter {
                key.hasSuffix($0.key.split(separator: "/").last.map(String.init) ?? $0.key)
            }
            let ended = jobs.filter { job in uploads.contains { job.key == "uploads/\($0.key)" || job.key == $0.key } }
            Issue.record(
                """
                \(bucket)/\(key) holds '\(text)', \
                metadata \(stored?.metadata ?? [:]); uploads \(uploads); jobs \(ended); seed \(fleet.plan.seed)
                """)
        }
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
            fleet of \(fleet.plan.workers), seed \(fleet.plan.seed), \(took.components.seconds) s
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
