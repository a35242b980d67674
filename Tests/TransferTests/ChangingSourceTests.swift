import AWS
import Domain
import HTTP
import Support
import TestKit
import Testing
import Transfer

/// Sources that change between the steps of a move, in every kind of bucket, on the local cloud.
@Suite(.timeLimit(.minutes(2))) struct ChangingSourceTests {
    enum Bucket: String, CaseIterable, Sendable { case unversioned, versioned, suspended }
    enum Step: String, CaseIterable, Sendable { case fetch, rest, copy, delete }
    enum Change: String, CaseIterable, Sendable { case overwrite, delete }

    struct Case: Sendable, CustomTestStringConvertible {
        let bucket: Bucket
        let change: Change
        let step: Step
        let inParts: Bool

        var testDescription: String { "\(bucket), \(change) before \(step)\(inParts ? ", in parts" : "")" }
        var name: String { "\(bucket)-\(change)-\(step)-\(inParts)" }

        static let all = Bucket.allCases.flatMap { bucket in
            Change.allCases.flatMap { change in
                Step.allCases.flatMap { step in
                    [false, true].map { Case(bucket: bucket, change: change, step: step, inParts: $0) }
                }
            }
        }
    }

    static let old = Array("the first upload".utf8)
    static let new = Array("a second upload!".utf8)
    let key = ObjectKey("a")!

    @Test(arguments: Case.all)
    func `a source that changes during a move is moved as it was read or not at all`(change: Case) async throws {
        let fixture = try await ChangingSourceFixture(change)
        let uploaded = try await fixture.cloud.put(Self.old, fixture.incoming, "a")
        let source = ObjectVersion(bucket: fixture.incoming, key: key, versionID: uploaded.version, etag: uploaded.etag)
        let result = try await fixture.move(source, key)

        // A version stays below later ones; without versions the object that was read is gone.
        let isMoved = change.bucket == .versioned || change.step == .delete
        #expect(result == (isMoved ? "moved" : change.change == .overwrite ? "superseded" : "gone"))
        let copy = try await fixture.cloud.get(fixture.media, "a")
        #expect(copy?.bytes == (isMoved ? Self.old : nil))

        let present = try await fixture.cloud.get(fixture.incoming, "a")
        #expect(present?.bytes == (change.change == .overwrite ? Self.new : nil))
        let left = try await fixture.cloud.versions(fixture.incoming)
        switch (change.bucket, change.change) {
        case (.unversioned, .overwrite), (.versioned, .overwrite), (.suspended, .overwrite): #expect(left.count == 1)
        case (.unversioned, .delete): #expect(left.isEmpty)
        // Only the uploader's delete marker remains.
        case (.versioned, .delete), (.suspended, .delete): #expect(left.map(\.isDeleteMarker) == [true])
        }
        #expect(try await fixture.cloud.openUploads(fixture.media).isEmpty)
    }

    @Test(arguments: Bucket.allCases, [false, true])
    func `an unchanged source is moved and no version of it remains`(bucket: Bucket, inParts: Bool) async throws {
        let fixture = try await ChangingSourceFixture(
            Case(bucket: bucket, change: .overwrite, step: .fetch, inParts: inParts), suffix: "-undisturbed",
            isUndisturbed: true)
        let uploaded = try await fixture.cloud.put(Self.old, fixture.incoming, "a")
        let source = ObjectVersion(bucket: fixture.incoming, key: key, versionID: uploaded.version, etag: uploaded.etag)
        #expect(try await fixture.move(source, key) == "moved")
        #expect(try await fixture.cloud.get(fixture.media, "a")?.bytes == Self.old)
        #expect(try await fixture.cloud.versions(fixture.incoming).isEmpty)
    }

    /// Versioning is enabled between upload and delete. A later version or delete marker may be above the object.
    @Test(arguments: [nil, ChangingSourceTests.Change.overwrite, .delete])
    func `an object from before versioning is deleted permanently`(change: Change?) async throws {
        let fixture = try await ChangingSourceFixture(
            Case(bucket: .unversioned, change: change ?? .overwrite, step: .delete, inParts: false),
            suffix: "-before-\(change == nil)", isUndisturbed: change == nil)
        let uploaded = try await fixture.cloud.put(Self.old, fixture.incoming, "a")
        try await fixture.cloud.enableVersions(fixture.incoming)
        let source = ObjectVersion(bucket: fixture.incoming, key: key, versionID: nil, etag: uploaded.etag)
        #expect(try await fixture.move(source, key) == "moved")
        let left = try await fixture.cloud.versions(fixture.incoming)
        #expect(!left.contains { $0.version == "null" })
        #expect(left.map(\.isDeleteMarker) == (change == nil ? [] : [change == .delete]))
    }

    @Test func `a version that is missing in the event is deleted permanently`() async throws {
        let fixture = try await ChangingSourceFixture(
            Case(bucket: .versioned, change: .overwrite, step: .fetch, inParts: false), suffix: "-unknown",
            isUndisturbed: true)
        let uploaded = try await fixture.cloud.put(Self.old, fixture.incoming, "a")
        let source = ObjectVersion(bucket: fixture.incoming, key: key, versionID: nil, etag: uploaded.etag)
        #expect(try await fixture.move(source, key) == "moved")
        #expect(try await fixture.cloud.versions(fixture.incoming).isEmpty)
    }
}

/// Two buckets and a store that changes the source just before one step.
private struct ChangingSourceFixture {
    let cloud: CloudOperator
    let incoming: String
    let media: String
    let store: DisturbedStore
    let change: ChangingSourceTests.Case

    init(_ change: ChangingSourceTests.Case, suffix: String = "", isUndisturbed: Bool = false) async throws {
        let stack = try await MiniStack.shared()
        let cloud = try await CloudOperator.shared()
        let incoming = "changing-\(change.name)\(suffix)-in"
        let media = "changing-\(change.name)\(suffix)-out"
        try await cloud.createBucket(incoming, versioned: change.bucket != .unversioned)
        if change.bucket == .suspended { try await cloud.suspendVersions(incoming) }
        try await cloud.createBucket(media)
        let environment = ["AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": stack.endpoint]
        let client = AWSClient(
            settings: try AWSSettings(environment: environment, read: { _ in nil }),
            credentials: StaticCredentialProvider(Credentials(accessKeyID: "test", secretAccessKey: Secret("test"))),
            http: try HTTPClient())
        store = DisturbedStore(S3Client(client: client), before: isUndisturbed ? nil : change.step) {
            switch change.change {
            case .overwrite: _ = try? await cloud.put(ChangingSourceTests.new, incoming, "a")
            case .delete: try? await cloud.delete(incoming, "a")
            }
        }
        (self.cloud, self.incoming, self.media, self.change) = (cloud, incoming, media, change)
    }

    /// Fetches, copies and deletes, as a job does. Returns "moved" or the error's name.
    func move(_ source: ObjectVersion, _ key: ObjectKey) async throws -> String {
        var ranges = RangedFetch.Configuration()
        ranges.firstRange = 5
        ranges.partSize = 5
        var copies = ObjectCopier.Configuration()
        copies.multipartThreshold = change.inParts ? 4 : 1 << 20
        copies.partSize = 5
        let fetch = RangedFetch(store: store, directory: "/var/tmp", configuration: ranges)
        let mover = ObjectMover(store: store, configuration: copies)
        do throws(TransferError) {
            let fetched = try await fetch.first(of: source, size: nil)
            try await fetch.rest(of: fetched)
            let expected = ExpectedCopy(
                of: fetched.version, size: fetched.bytes.size, sha256: try await fetched.bytes.sha256(), writtenAt: nil,
                job: someJob, at: ObjectLocation(bucket: media, key: key))
            _ = try await mover.copier.copy(
                MoveRequest(expected, head: fetched.head, manner: .promoted(tags: [])),
                inspectedBytes: { fetched.bytes })
            try await mover.deleter.delete(fetched.version, head: fetched.head)
            return "moved"
        } catch {
            return error.name
        }
    }
}

/// The real client with a disturbance before the first call of one step.
private final class DisturbedStore: ObjectStore {
    private let store: S3Client
    private let step: Locked<ChangingSourceTests.Step?>
    private let disturbance: @Sendable () async -> Void

    init(_ store: S3Client, before step: ChangingSourceTests.Step?, _ disturbance: @escaping @Sendable () async -> Void)
    {
        self.store = store
        self.step = Locked(step)
        self.disturbance = disturbance
    }

    private func reach(_ step: ChangingSourceTests.Step) async {
        let isDue = self.step.withLock { waited in
            guard waited == step else { return false }
            waited = nil
            return true
        }
        if isDue { await disturbance() }
    }

    func get(_ object: ObjectVersion, range: Range<Int64>?, into sink: any ObjectSink) async throws -> ObjectHead {
        await reach(range?.lowerBound == 0 ? .fetch : .rest)
        return try await store.get(object, range: range, into: sink)
    }

    func head(_ object: ObjectVersion, wantsSHA256: Bool) async throws(AWSError) -> ObjectHead {
        try await store.head(object, wantsSHA256: wantsSHA256)
    }

    func headOfNullVersion(_ object: ObjectVersion) async throws(AWSError) -> ObjectHead {
        try await store.headOfNullVersion(object)
    }

    func copy(_ request: ObjectCopy) async throws(AWSError) -> ObjectCopyResult {
        await reach(.copy)
        return try await store.copy(request)
    }

    func delete(_ deletion: ObjectDeletion) async throws(AWSError) {
        await reach(.delete)
        try await store.delete(deletion)
    }

    func tags(of object: ObjectVersion) async throws(AWSError) -> [AWS.Tag] { try await store.tags(of: object) }

    func setTags(_ tags: [AWS.Tag], of object: ObjectVersion) async throws(AWSError) {
        try await store.setTags(tags, of: object)
    }

    func uploads(of location: ObjectLocation) async throws(AWSError) -> [MultipartUpload] {
        try await store.uploads(of: location)
    }

    func createUpload(_ request: UploadRequest) async throws(AWSError) -> MultipartUpload {
        try await store.createUpload(request)
    }

    func copyPart(
        _ number: Int, of upload: MultipartUpload, from source: ObjectVersion, range: Range<Int64>?
    ) async throws(AWSError) -> CopiedPart {
        if number == 3 { await reach(.copy) }
        return try await store.copyPart(number, of: upload, from: source, range: range)
    }

    func completeUpload(
        _ upload: MultipartUpload, parts: [CopiedPart], size: Int64, mayRepeat: (@Sendable () async -> Bool)?
    ) async throws(AWSError) -> ObjectCopyResult {
        try await store.completeUpload(upload, parts: parts, size: size, mayRepeat: mayRepeat)
    }

    func abortUpload(_ upload: MultipartUpload) async throws(AWSError) { try await store.abortUpload(upload) }
}
