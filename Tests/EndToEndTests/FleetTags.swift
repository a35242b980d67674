import TestKit
import Testing

/// The comparison of the objects that a fleet tagged in place with their uploads.
struct FleetTags {
    let account: FleetAccount
    let kept: [FleetAccount.Kept]

    private var station: StationFixture { account.station }
    private var seed: UInt64 { account.seed }

    /// Requires that every object that may be tagged in place is still there, and that its tag is its own verdict's,
    /// whatever its uploader had set.
    ///
    /// - Parameter versions: the objects below the prefix.
    func expectTags(on versions: [StoredVersion]) async throws {
        #expect(kept.allSatisfy { FleetPipeline.tagged.takes($0.upload.key) }, "seed \(seed)")
        let uploads = account.history.uploads.filter { FleetPipeline.tagged.takes($0.key) }
        let last = Dictionary(uploads.map { ($0.key, $0) }) { $1 }
        let expected = account.fleet.plan.versioned ? uploads : Array(last.values)
        #expect(versions.count == expected.count && versions.allSatisfy { !$0.isDeleteMarker }, "seed \(seed)")
        for upload in expected {
            let job = kept.first { $0.upload.etag == upload.etag && $0.upload.version == upload.version }?.job
            #expect(job?.verdict == (upload.isInfected ? "infected" : "clean"), "\(upload.key), seed \(seed)")
            let stored = try await station.cloud.get(station.incoming, upload.key, version: upload.version)
            #expect(stored?.bytes == upload.body, "\(upload.key), seed \(seed)")
            #expect(stored?.tags["scan"] == job?.verdict, "\(upload.key): \(stored?.tags ?? [:]), seed \(seed)")
            guard upload.version == nil else { continue }
            #expect(
                stored?.tags["lazaret-object"]?.hasPrefix(upload.etag) == true,
                "\(upload.key): \(stored?.tags ?? [:]), seed \(seed)")
        }
    }
}
