import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// Mismatched copies that attempts left which were interrupted between copy and verification: other bytes than were
/// inspected, with the same ETag.
@Suite(.timeLimit(.minutes(1))) struct MismatchedCopyTests {
    static let (etag, benign, hostile) = (
        CopySHA256Tests.etag, CopySHA256Tests.benign, CopySHA256Tests.hostile
    )
    static let (inspected, copied) = (CopySHA256Tests.inspected, CopySHA256Tests.copied)
    let copies = CopySHA256Tests()

    /// An object at the destination.
    struct Left: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isMarked = false
        var isOlder = false
        var mark: String?
        let bytes: [UInt8]

        var object: ScriptedS3.Object {
            var object = ScriptedS3.Object(bytes, etag: MismatchedCopyTests.etag)
            object.keepsSHA256 = true
            let time = isOlder ? "07:59:59" : "08:00:00"
            object.headers = [("Last-Modified", "Sat, 21 Nov 2026 \(time) GMT")]
            let mark = isMarked ? someJob.text : mark
            if let mark { object.headers.append(("x-amz-meta-lazaret-source", "\(mark)/\(CopySHA256Tests.etag)")) }
            return object
        }
    }

    static let marked = Left(testDescription: "a mismatched copy with our mark", isMarked: true, bytes: hostile)
    static let unmarked = Left(testDescription: "a mismatched copy", bytes: hostile)
    static let older = Left(testDescription: "an older mismatched copy", isOlder: true, bytes: hostile)
    static let others = Left(
        testDescription: "another job's mismatched copy", mark: "ffffffffffffffffffffffffffffffff", bytes: hostile)
    static let copy = Left(testDescription: "the copy", bytes: benign)
    static let markedCopy = Left(testDescription: "the copy with our mark", isMarked: true, bytes: benign)

    static let written = [("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")]

    @Test(arguments: [marked, unmarked, older, others])
    func `a mismatched copy of an interrupted attempt is replaced`(left: Left) async throws {
        let fixture = try copies.fixture(Self.benign, headers: Self.written)
        fixture.s3["out", "done/a"] = left.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject", "CopyObject"])
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.benign)
    }

    @Test(arguments: [copy, markedCopy])
    func `the copy of an interrupted attempt is found`(left: Left) async throws {
        let fixture = try copies.fixture(headers: Self.written)
        fixture.s3["out", "done/a"] = left.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject"])
    }

    @Test func `a mismatched copy whose answer was lost is deleted`() async throws {
        let fixture = try copies.fixture { call in
            guard call.operation == "CopyObject", call.attempt == 1 else { return nil }
            return LostAnswerTests.lost(call)
        }
        #expect(await copies.copyError(fixture)?.name == "mismatchedBytes")
        #expect(fixture.s3.operations.prefix(3) == ["CopyObject", "HeadObject", "CopyObject"])
        #expect(fixture.s3.names == ["in/a"])
    }

    final class Reports: Sendable {
        let reasons = Locked<[String]>([])
    }

    /// Searches the copy of a source that is gone.
    func find(
        _ fixture: MoveFixture, isAnotherJobs: Bool = false,
        checkHold: @escaping @Sendable () async throws -> Void = {},
        reports: Reports? = nil
    ) async -> (found: Destination?, error: TransferError?) {
        let source = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: Self.etag)
        let removal = reports.map { reports in
            MismatchedCopyRemoval(checkHold: checkHold) { sha256 in
                sha256 == Self.copied && isAnotherJobs
            } report: { reason in
                reports.reasons.withLock { $0.append(reason) }
            }
        }
        var found: Destination?
        let error = await transferError { () throws(TransferError) in
            found = try await fixture.mover.verifier.find(
                ExpectedCopy(
                    of: source, size: 6, sha256: Self.inspected,
                    writtenAt: Timestamp(iso8601: "2026-11-21T08:00:00.400Z"), job: someJob, at: fixture.destination),
                removal: removal)
        }
        return (found, error)
    }

    struct Search: Sendable, CustomTestStringConvertible {
        let left: Left
        var isAnotherJobs = false
        var isFound = false
        var isRemoved = false

        var testDescription: String { left.testDescription + (isAnotherJobs ? ", known to another job" : "") }
    }

    @Test(
        arguments: [
            Search(left: marked, isRemoved: true), Search(left: marked, isAnotherJobs: true, isRemoved: true),
            Search(left: unmarked, isRemoved: true), Search(left: unmarked, isAnotherJobs: true), Search(left: older),
            Search(left: others), Search(left: copy, isFound: true), Search(left: markedCopy, isFound: true),
        ], [true, false])
    func `a mismatched copy does not count as the copy and is deleted if it is this job's`(
        search: Search, mayRemove: Bool
    )
        async throws
    {
        let fixture = try copies.fixture()
        fixture.s3["in", "a"] = nil
        fixture.s3["out", "done/a"] = search.left.object
        let reports = Reports()
        let (found, error) = await find(
            fixture, isAnotherJobs: search.isAnotherJobs, reports: mayRemove ? reports : nil)
        #expect((found != nil) == search.isFound && error == nil)
        #expect(fixture.s3.names.isEmpty == (mayRemove && search.isRemoved))
        #expect(reports.reasons.withLock { $0.count } == (mayRemove && search.isRemoved ? 1 : 0))
        #expect(reports.reasons.withLock { $0.allSatisfy { $0.contains(Self.copied) && $0.contains(Self.inspected) } })
    }

    @Test(arguments: ["the hold", "the ledger"])
    func `nothing is deleted without the hold or the report`(lost: String) async throws {
        struct HoldLost: Error {}
        let fixture = try copies.fixture()
        fixture.s3["out", "done/a"] = Self.marked.object
        let removal = MismatchedCopyRemoval(checkHold: { if lost != "the ledger" { throw HoldLost() } }) { _ in
            false
        } report: { _ in
            if lost == "the ledger" { throw HoldLost() }
        }
        let error = await transferError { () throws(TransferError) in
            _ = try await fixture.mover.verifier.findCertain(
                ExpectedCopy(
                    of: fixture.source, size: 6, sha256: Self.inspected, writtenAt: nil, job: someJob,
                    at: fixture.destination),
                sourceHead: fixture.head, removal: removal)
        }
        #expect(error?.name == "stopped")
        #expect(fixture.s3.names == ["in/a", "out/done/a"])
    }

    /// In a destination with versions, a deleted copy uncovers the one below; the last one of the array is the latest.
    @Test(
        arguments: [
            ([marked, marked], 0, nil), ([unmarked, marked], 0, nil), ([older, unmarked], 1, nil),
            ([others, marked], 1, nil), ([copy, marked], 1, "found"),
            ([marked, marked, marked, marked, marked], 1, "unverified"),
        ] as [([Left], Int, String?)])
    func `mismatched copies below one another are all deleted`(below: [Left], left: Int, result: String?)
        async throws
    {
        let stack = Locked(below.map(\.object))
        let fixture = try copies.fixture { call in
            guard call.request.path == "/out/done/a" else { return nil }
            return stack.withLock { stack in
                guard call.operation == "HeadObject" else {
                    #expect(call.request.query == "versionId=v\(stack.count)")
                    stack.removeLast()
                    return .status(204)
                }
                guard let top = stack.last else { return .status(404) }
                return ScriptedAnswer(
                    headers: top.headers + [
                        ("ETag", "\"\(top.etag)\""), ("Content-Length", "\(top.size)"),
                        ("x-amz-checksum-sha256", top.sha256), ("x-amz-version-id", "v\(stack.count)"),
                    ])
            }
        }
        let (found, error) = await find(fixture, reports: Reports())
        #expect(found?.versionID == (result == "found" ? "v1" : nil))
        #expect(error?.name == (result == "unverified" ? "unverified" : nil))
        #expect(stack.withLock { $0.count } == left)
    }

    /// For a multipart object some stores return a hash over the hashes of the parts, without marking it so.
    @Test func `the only copy stays if the checksum may not be that of its bytes`() async throws {
        let etag = "\(Self.etag)-2"
        let fixture = try copies.fixture(Self.benign, etag: etag) { call in
            guard call.operation == "HeadObject", call.request.path == "/out/done/a" else { return nil }
            return ScriptedAnswer(headers: [
                ("ETag", "\"\(etag)\""), ("Content-Length", "6"),
                ("x-amz-meta-lazaret-source", "\(someJob.text)/\(etag)"),
                ("x-amz-checksum-sha256", ScriptedS3.Object(Self.hostile).sha256),
            ])
        }
        let source = fixture.source
        fixture.s3["out", "done/a"] = fixture.s3["in", "a"]
        fixture.s3["in", "a"] = nil
        let found = try await fixture.mover.verifier.find(
            ExpectedCopy(
                of: source, size: 6, sha256: Self.inspected, writtenAt: nil, job: someJob, at: fixture.destination),
            removal: MismatchedCopyRemoval(checkHold: {}, belongsToAnotherJob: { _ in false }, report: { _ in }))
        #expect(found == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject"] && fixture.s3.names == ["out/done/a"])
    }

    /// Under a KMS key S3 returns the checksum only to callers who may decrypt with it.
    @Test(arguments: [400, 403, 501]) func `a HEAD that is refused with a checksum is repeated without it`(status: Int)
        async throws
    {
        let fixture = try copies.fixture(Self.benign, headers: Self.written) { call in
            call.request["x-amz-checksum-mode"] != nil ? .status(status) : nil
        }
        fixture.s3["out", "done/a"] = Self.copy.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject", "HeadObject"])
    }

    /// A first copy into a bucket with a default KMS key has no other evidence.
    @Test(arguments: [true, false]) func `the SHA-256 decides in place of a guess`(isCopy: Bool) async throws {
        let fixture = try copies.fixture()
        var stored = ScriptedS3.Object(
            isCopy ? Self.benign : Array("beNIGN".utf8), etag: String(repeating: "f", count: 32))
        stored.headers = [("x-amz-server-side-encryption", "aws:kms")]
        stored.keepsSHA256 = true
        fixture.s3["out", "done/a"] = stored
        let found = try await fixture.mover.verifier.find(
            ExpectedCopy(
                of: fixture.source, size: 6, sha256: Self.inspected, writtenAt: nil, job: someJob,
                at: fixture.destination))
        #expect((found != nil) == isCopy)
    }
}
