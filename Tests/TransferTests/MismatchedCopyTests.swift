import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// What attempts left that were cut off between a copy and its proof: a twin of what was inspected, with the same ETag.
@Suite(.timeLimit(.minutes(1))) struct MismatchedCopyTests {
    static let (etag, benign, hostile) = (
        CopySHA256Tests.etag, CopySHA256Tests.benign, CopySHA256Tests.hostile
    )
    static let (inspected, copied) = (CopySHA256Tests.inspected, CopySHA256Tests.copied)
    let twins = CopySHA256Tests()

    /// What stands at the destination: the last one on top.
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

    static let marked = Left(testDescription: "a twin with our mark", isMarked: true, bytes: hostile)
    static let unmarked = Left(testDescription: "a twin", bytes: hostile)
    static let older = Left(testDescription: "an older twin", isOlder: true, bytes: hostile)
    static let others = Left(
        testDescription: "another job's twin", mark: "ffffffffffffffffffffffffffffffff", bytes: hostile)
    static let copy = Left(testDescription: "the copy", bytes: benign)
    static let markedCopy = Left(testDescription: "the copy with our mark", isMarked: true, bytes: benign)

    static let written = [("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT")]

    @Test(arguments: [marked, unmarked, older, others])
    func `the twin of an attempt that was cut off is not taken for the copy`(left: Left) async throws {
        let fixture = try twins.fixture(Self.benign, headers: Self.written)
        fixture.s3["out", "done/a"] = left.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject", "CopyObject"])
        #expect(fixture.s3["out", "done/a"]?.bytes == Self.benign)
    }

    @Test(arguments: [copy, markedCopy])
    func `the copy of an attempt that was cut off is taken for what it is`(left: Left) async throws {
        let fixture = try twins.fixture(headers: Self.written)
        fixture.s3["out", "done/a"] = left.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject"])
    }

    @Test func `the twin whose answer was lost is not taken for the copy`() async throws {
        let fixture = try twins.fixture { call in
            guard call.operation == "CopyObject", call.attempt == 1 else { return nil }
            return LostAnswerTests.lost(call)
        }
        #expect(await twins.copyError(fixture)?.name == "mismatchedBytes")
        #expect(fixture.s3.operations.prefix(3) == ["CopyObject", "HeadObject", "CopyObject"])
        #expect(fixture.s3.names == ["in/a"])
    }

    final class Told: Sendable {
        let reasons = Locked<[String]>([])
    }

    /// What a search for the copy of a source that is gone is given, and what it came to.
    func find(
        _ fixture: MoveFixture, isAnothers: Bool = false, holds: @escaping @Sendable () async throws -> Void = {},
        told: Told? = nil
    ) async -> (found: Destination?, error: TransferError?) {
        let source = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: Self.etag)
        let removal = told.map { told in
            MismatchedCopyRemoval(checkHold: holds) { sha256 in
                sha256 == Self.copied && isAnothers
            } report: { reason in
                told.reasons.withLock { $0.append(reason) }
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
        var isAnothers = false
        var isFound = false
        var isRemoved = false

        var testDescription: String { left.testDescription + (isAnothers ? ", of which another job knows" : "") }
    }

    @Test(
        arguments: [
            Search(left: marked, isRemoved: true), Search(left: marked, isAnothers: true, isRemoved: true),
            Search(left: unmarked, isRemoved: true), Search(left: unmarked, isAnothers: true), Search(left: older),
            Search(left: others), Search(left: copy, isFound: true), Search(left: markedCopy, isFound: true),
        ], [true, false])
    func `of a source that is gone a twin is no copy and ours is taken away`(search: Search, mayRemove: Bool)
        async throws
    {
        let fixture = try twins.fixture()
        fixture.s3["in", "a"] = nil
        fixture.s3["out", "done/a"] = search.left.object
        let told = Told()
        let (found, error) = await find(fixture, isAnothers: search.isAnothers, told: mayRemove ? told : nil)
        #expect((found != nil) == search.isFound && error == nil)
        #expect(fixture.s3.names.isEmpty == (mayRemove && search.isRemoved))
        #expect(told.reasons.withLock { $0.count } == (mayRemove && search.isRemoved ? 1 : 0))
        #expect(told.reasons.withLock { $0.allSatisfy { $0.contains(Self.copied) && $0.contains(Self.inspected) } })
    }

    @Test(arguments: ["the right to go on", "the ledger"])
    func `without the right or the record nothing is taken away`(lost: String) async throws {
        struct Lost: Error {}
        let fixture = try twins.fixture()
        fixture.s3["out", "done/a"] = Self.marked.object
        let removal = MismatchedCopyRemoval(checkHold: { if lost != "the ledger" { throw Lost() } }) { _ in
            false
        } report: { _ in
            if lost == "the ledger" { throw Lost() }
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

    /// In a destination with versions one comes to light when another is taken away.
    @Test(
        arguments: [
            ([marked, marked], 0, nil), ([unmarked, marked], 0, nil), ([older, unmarked], 1, nil),
            ([others, marked], 1, nil), ([copy, marked], 1, "found"),
            ([marked, marked, marked, marked, marked], 1, "unverified"),
        ] as [([Left], Int, String?)])
    func `what comes to light below a twin goes as well where it is ours`(below: [Left], left: Int, ending: String?)
        async throws
    {
        let pile = Locked(below.map(\.object))
        let fixture = try twins.fixture { call in
            guard call.request.path == "/out/done/a" else { return nil }
            return pile.withLock { pile in
                guard call.operation == "HeadObject" else {
                    #expect(call.request.query == "versionId=v\(pile.count)")
                    pile.removeLast()
                    return .status(204)
                }
                guard let top = pile.last else { return .status(404) }
                return ScriptedAnswer(
                    headers: top.headers + [
                        ("ETag", "\"\(top.etag)\""), ("Content-Length", "\(top.size)"),
                        ("x-amz-checksum-sha256", top.sha256), ("x-amz-version-id", "v\(pile.count)"),
                    ])
            }
        }
        let (found, error) = await find(fixture, told: Told())
        #expect(found?.versionID == (ending == "found" ? "v1" : nil))
        #expect(error?.name == (ending == "unverified" ? "unverified" : nil))
        #expect(pile.withLock { $0.count } == left)
    }

    /// Of an object of parts some stores tell a hash over the hashes of the parts, and do not say so.
    @Test func `the only copy stays where a hash may not be that of its bytes`() async throws {
        let etag = "\(Self.etag)-2"
        let fixture = try twins.fixture(Self.benign, etag: etag) { call in
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

    /// Under a KMS key S3 tells the hash only to who may decrypt with it.
    @Test(arguments: [400, 403, 501]) func `who is not told the hash is told the rest`(status: Int) async throws {
        let fixture = try twins.fixture(Self.benign, headers: Self.written) { call in
            call.request["x-amz-checksum-mode"] != nil ? .status(status) : nil
        }
        fixture.s3["out", "done/a"] = Self.copy.object
        #expect(try await fixture.copy(inspected: Self.inspected, mayBeThere: true) == Destination(fixture.destination))
        #expect(fixture.s3.operations == ["HeadObject", "HeadObject"])
    }

    /// Where nothing else would tell: a first copy into a bucket with a KMS key of its own.
    @Test(arguments: [true, false]) func `the hash takes the place of a guess`(isCopy: Bool) async throws {
        let fixture = try twins.fixture()
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
