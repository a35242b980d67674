import AWS
import Domain
import Intake
import Ledger
import Pipelines
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Quarantined objects over a store in memory and a ledger on disk.
struct ReviewFixture {
    static let eicar = Finding(.signature, "Eicar")
    static let bytes: [UInt8] = [7, 7, 7]

    let jobs: JobFixture

    var store: MemoryStore { jobs.store }
    var ledger: any Ledger { jobs.ledger }

    init(found: [Finding] = [eicar], pipelines: String = JobFixture.uploads) async throws {
        jobs = try await JobFixture(ScriptedInspector(found: found), pipelines: pipelines)
    }

    /// Uploads an object with properties and tags of its own.
    func upload(_ key: String = "up/a.png", _ bytes: [UInt8] = bytes, sequencer: String = "05") -> Job {
        var stored = MemoryStore.Stored(bytes, contentType: "image/png")
        stored.properties.cacheControl = "max-age=60"
        stored.properties.contentDisposition = "inline; filename=\"ä.png\""
        stored.properties.metadata = [MetadataItem(name: "owner", value: "Zoë"), MetadataItem(name: "x", value: "=1")]
        stored.tags = [Tag(key: "team", value: "a b")]
        store["inbox", key] = stored
        let object = ObjectVersion(bucket: "inbox", key: ObjectKey(key)!, versionID: nil, etag: stored.etag)
        return Job(
            of: Event(
                object: object, size: Int64(bytes.count), sequencer: sequencer,
                time: Timestamp(iso8601: "2026-11-21T08:00:00Z"), name: "ObjectCreated:Put"))
    }

    /// Uploads an object and has it quarantined.
    func quarantined(_ key: String = "up/a.png", sequencer: String = "05") async throws -> Job {
        let job = upload(key, sequencer: sequencer)
        guard case .finished(.settled(_, .quarantined, _)) = await jobs.run(job) else { throw Unexpected() }
        return job
    }

    struct Unexpected: Error {}

    func runner(_ worker: String = "one") -> ReviewRunner {
        ReviewRunner(
            ReviewContext(
                worker: worker, pipelines: jobs.pipelines, ledger: ledger,
                fetch: RangedFetch(store: store, directory: jobs.directory.path),
                mover: ObjectMover(
                    store: store, capabilities: StoreCapabilities(conditionalDeletesIn: ["jail", "out"]))))
    }

    static func request(_ actor: String = "mara", replaces: Bool = false) -> ReviewRequest {
        ReviewRequest(actor: actor, reason: "ours", remembering: .seconds(3600), replaces: replaces)
    }

    func state(_ job: Job) async throws -> ReviewState? { try await ledger.review(of: job.id)?.state }

    /// The buckets that hold something, in order.
    var places: [String] { store.locations.map(\.bucket).sorted() }
}
