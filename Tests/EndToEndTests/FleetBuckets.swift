import Foundation
import TestKit
import Testing

/// The comparison of a fleet's destination buckets with its settled jobs.
struct FleetBuckets {
    let account: FleetAccount
    let settled: [FleetAccount.Settled]

    private var station: StationFixture { account.station }
    private var cloud: CloudOperator { station.cloud }
    private var seed: UInt64 { account.seed }

    /// Requires that each destination holds its upload, or did until a later upload of the same key replaced it, and
    /// that the buckets hold nothing else.
    func expectNothingElse() async throws {
        let (quarantined, promoted) = (
            settled.filter(\.place.isQuarantined), settled.filter { !$0.place.isQuarantined }
        )
        for one in settled {
            let isQuarantined = one.place.isQuarantined
            #expect(one.place.bucket == (isQuarantined ? station.quarantine : station.media), "\(one), seed \(seed)")
            #expect(one.place.key == (isQuarantined ? one.job.job : one.upload.key), "\(one), seed \(seed)")
            // With versioning, each version stays.
            if let version = one.place.versionId { try await expect(one, version: version) }
        }
        for one in quarantined { try await expect(one, version: nil) }
        // Regardless of the order of events and jobs, the last upload of a key stays.
        for uploads in Dictionary(grouping: promoted, by: \.upload.key).values {
            if let last = uploads.last { try await expect(last, version: nil) }
        }
        try await expectKeys(of: quarantined, at: station.quarantine)
        try await expectKeys(of: promoted, at: station.media)
        try await expectVersions(of: quarantined, at: station.quarantine)
        try await expectVersions(of: promoted, at: station.media)
        try await expectNoUploads()
        expectNoFiles()
    }

    /// Requires that the destination holds the upload's bytes, type, metadata and tags.
    private func expect(_ one: FleetAccount.Settled, version: String?) async throws {
        let stored = try await cloud.get(one.place.bucket, one.place.key, version: version)
        #expect(stored?.bytes == one.upload.body, "\(one), version \(version ?? "-"), seed \(seed)")
        let options = one.upload.options
        if one.place.isQuarantined {
            #expect(stored?.type == "application/octet-stream", "\(one), seed \(seed)")
            #expect(stored?.metadata["lazaret-job"] == one.job.job, "\(one), seed \(seed)")
            return
        }
        let metadata = stored?.metadata.filter { $0.key != "lazaret-source" }
        #expect(
            stored?.type == options.type && metadata == options.metadata && stored?.tags == options.tags,
            "\(one), seed \(seed)")
    }

    private func expectKeys(of settled: [FleetAccount.Settled], at bucket: String) async throws {
        let keys = try await station.keys(bucket)
        #expect(keys.count == Set(keys).count, "seed \(seed)")
        for key in Set(keys).symmetricDifference(settled.map(\.place.key)).sorted() {
            let stored = try await cloud.get(bucket, key)
            let text = stored.map { String(decoding: $0.bytes ?? [], as: UTF8.self) }
            let jobs = account.jobs.filter { $0.key == key || $0.job == key }
            Issue.record(
                """
                \(bucket)/\(key) holds '\(text ?? "nothing")', metadata \(stored?.metadata ?? [:]); \
                related jobs: \(jobs); seed \(seed)
                """)
        }
    }

    /// With versioning, every copy stays visible: requires that no upload was copied twice or to a wrong destination.
    private func expectVersions(of settled: [FleetAccount.Settled], at bucket: String) async throws {
        guard account.fleet.plan.versioned else { return }
        let isQuarantine = bucket == station.quarantine
        let named = Set(settled.compactMap(\.place.versionId))
        #expect(named.count == settled.count, "two outcomes name one version, or one none; seed \(seed)")
        let found = try await cloud.versions(bucket)
        #expect(named.isSubset(of: found.map(\.version)), "seed \(seed)")
        for version in found where !named.contains(version.version) {
            // Its worker was killed after the copy, and a later upload had replaced it before the next attempt.
            let stored =
                version.isDeleteMarker ? nil : try await cloud.get(bucket, version.key, version: version.version)
            let upload = account.history.uploads.first { $0.body == stored?.bytes }
            let job = account.jobs.first { $0.versionId == upload?.version && $0.key == upload?.key }
            let isExplained =
                !isQuarantine && upload?.isInfected == false && upload?.key == version.key
                && job?.outcome == "superseded" && job?.attempts ?? 0 > 1
            #expect(isExplained, "\(bucket): \(version), \(String(describing: job)), seed \(seed)")
        }
    }

    /// Requires that no multipart upload is open, except where a worker was killed during one and the source had
    /// changed before the next attempt: a lifecycle rule aborts those.
    private func expectNoUploads() async throws {
        for bucket in [station.incoming, station.media, station.quarantine] {
            let excused = account.jobs.filter { $0.outcome != "settled" && $0.attempts > 1 }.flatMap {
                [$0.key, $0.job]
            }
            let open = try await cloud.openUploads(bucket)
            #expect(Set(open).isSubset(of: excused), "\(bucket), seed \(seed)")
        }
    }

    /// Spool files have no names, so that the folder holds only the pipelines and the ledger.
    private func expectNoFiles() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: station.folder.path)) ?? []
        #expect(names.allSatisfy { $0 == "pipelines" || $0.hasPrefix("lazaret.db") }, "\(names), seed \(seed)")
    }
}
