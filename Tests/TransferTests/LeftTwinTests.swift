import AWS
import Domain
import Support
import TestKit
import Testing
import Transfer

/// What attempts left that were cut off between a copy and its proof: a twin of what was inspected, with the same ETag.
@Suite(.timeLimit(.minutes(1))) struct LeftTwinTests {
    static let (etag, benign, hostile) = (
        InspectedBytesTests.etag, InspectedBytesTests.benign, InspectedBytesTests.hostile
    )
    static let (inspected, copied) = (InspectedBytesTests.inspected, InspectedBytesTests.copied)
    let twins = InspectedBytesTests()

    /// What stands at the destination: the last one on top.
    struct Left: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isMarked = false
        var isOlder = false
        var mark: String?
        let bytes: [UInt8]

        var object: ScriptedS3.Object {
            var object = ScriptedS3.Object(bytes, etag: LeftTwinTests.etag)
            object.keepsSHA256 = true
            let time = isOlder ? "07:59:59" : "08:00:00"
            object.headers = [("Last-Modified", "Sat, 21 Nov 2026 \(time) GMT")]
            let mark = isMarked ? someJob.text : mark
            if let mark { object.headers.append(("x-amz-meta-lazaret-source", "\(mark)/\(InspectedBytesTests.etag)")) }
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
        let bench = try twins.bench(Self.benign, headers: Self.written)
        bench.s3["out", "done/a"] = left.object
        #expect(try await bench.copy(inspected: Self.inspected, mayBeThere: true) == Destination(bench.place))
        #expect(bench.s3.operations == ["HeadObject", "CopyObject"])
        #expect(bench.s3["out", "done/a"]?.bytes == Self.benign)
    }

    @Test(arguments: [copy, markedCopy])
    func `the copy of an attempt that was cut off is taken for what it is`(left: Left) async throws {
        let bench = try twins.bench(headers: Self.written)
        bench.s3["out", "done/a"] = left.object
        #expect(try await bench.copy(inspected: Self.inspected, mayBeThere: true) == Destination(bench.place))
        #expect(bench.s3.operations == ["HeadObject"])
    }

    @Test func `the twin whose answer was lost is not taken for the copy`() async throws {
        let bench = try twins.bench { call in
            guard call.operation == "CopyObject", call.attempt == 1 else { return nil }
            return LostAnswerTests.lost(call)
        }
        #expect(await twins.copyError(bench)?.name == "otherBytes")
        #expect(bench.s3.operations.prefix(3) == ["CopyObject", "HeadObject", "CopyObject"])
        #expect(bench.s3.names == ["in/a"])
    }

    final class Told: Sendable {
        let reasons = Locked<[String]>([])
    }

    /// What a search for the copy of a source that is gone is given, and what it came to.
    func find(
        _ bench: MoveBench, isAnothers: Bool = false, holds: @escaping @Sendable () async throws -> Void = {},
        told: Told? = nil
    ) async -> (found: Destination?, error: TransferError?) {
        let source = ObjectVersion(bucket: "in", key: ObjectKey("a")!, versionID: nil, etag: Self.etag)
        let removal = told.map { told in
            MismatchedCopyRemoval(while: holds) { sha256 in
                sha256 == Self.copied && isAnothers
            } tell: { reason in
                told.reasons.withLock { $0.append(reason) }
            }
        }
        var found: Destination?
        let error = await transferError { () throws(TransferError) in
            found = try await bench.relocation.find(
                copyOf: source, size: 6, inspected: Self.inspected,
                writtenAt: Timestamp(iso8601: "2026-11-21T08:00:00.400Z"), for: someJob, at: bench.place,
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
        let bench = try twins.bench()
        bench.s3["in", "a"] = nil
        bench.s3["out", "done/a"] = search.left.object
        let told = Told()
        let (found, error) = await find(bench, isAnothers: search.isAnothers, told: mayRemove ? told : nil)
        #expect((found != nil) == search.isFound && error == nil)
        #expect(bench.s3.names.isEmpty == (mayRemove && search.isRemoved))
        #expect(told.reasons.withLock { $0.count } == (mayRemove && search.isRemoved ? 1 : 0))
        #expect(told.reasons.withLock { $0.allSatisfy { $0.contains(Self.copied) && $0.contains(Self.inspected) } })
    }

    @Test(arguments: ["the right to go on", "the ledger"])
    func `without the right or the record nothing is taken away`(lost: String) async throws {
        struct Lost: Error {}
        let bench = try twins.bench()
        bench.s3["out", "done/a"] = Self.marked.object
        let removal = MismatchedCopyRemoval(while: { if lost != "the ledger" { throw Lost() } }) { _ in
            false
        } tell: { _ in
            if lost == "the ledger" { throw Lost() }
        }
        let error = await transferError { () throws(TransferError) in
            _ = try await bench.relocation.find(
                copyOf: bench.source, bench.head, inspected: Self.inspected, writtenAt: nil, for: someJob,
                at: bench.place,
                removal: removal)
        }
        #expect(error?.name == "stopped")
        #expect(bench.s3.names == ["in/a", "out/done/a"])
    }

    /// In a destination with versions one comes to light when another is taken away.
    @Test(
        arguments: [
            ([marked, marked], 0, nil), ([unmarked, marked], 0, nil), ([older, unmarked], 1, nil),
            ([others, marked], 1, nil), ([copy, marked], 1, "found"),
            ([marked, marked, marked, marked, marked], 1, "unproven"),
        ] as [([Left], Int, String?)])
    func `what comes to light below a twin goes as well where it is ours`(below: [Left], left: Int, ending: String?)
        async throws
    {
        let pile = Locked(below.map(\.object))
        let bench = try twins.bench { call in
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
        let (found, error) = await find(bench, told: Told())
        #expect(found?.versionID == (ending == "found" ? "v1" : nil))
        #expect(error?.name == (ending == "unproven" ? "unproven" : nil))
        #expect(pile.withLock { $0.count } == left)
    }

    /// Of an object of parts some stores tell a hash over the hashes of the parts, and do not say so.
    @Test func `the only copy stays where a hash may not be that of its bytes`() async throws {
        let etag = "\(Self.etag)-2"
        let bench = try twins.bench(Self.benign, etag: etag) { call in
            guard call.operation == "HeadObject", call.request.path == "/out/done/a" else { return nil }
            return ScriptedAnswer(headers: [
                ("ETag", "\"\(etag)\""), ("Content-Length", "6"),
                ("x-amz-meta-lazaret-source", "\(someJob.text)/\(etag)"),
                ("x-amz-checksum-sha256", ScriptedS3.Object(Self.hostile).sha256),
            ])
        }
        let source = bench.source
        bench.s3["out", "done/a"] = bench.s3["in", "a"]
        bench.s3["in", "a"] = nil
        let found = try await bench.relocation.find(
            copyOf: source, size: 6, inspected: Self.inspected, writtenAt: nil, for: someJob, at: bench.place,
            removal: MismatchedCopyRemoval(while: {}, isAnothers: { _ in false }, tell: { _ in }))
        #expect(found == Destination(bench.place))
        #expect(bench.s3.operations == ["HeadObject"] && bench.s3.names == ["out/done/a"])
    }

    /// Under a KMS key S3 tells the hash only to who may decrypt with it.
    @Test(arguments: [400, 403, 501]) func `who is not told the hash is told the rest`(status: Int) async throws {
        let bench = try twins.bench(Self.benign, headers: Self.written) { call in
            call.request["x-amz-checksum-mode"] != nil ? .status(status) : nil
        }
        bench.s3["out", "done/a"] = Self.copy.object
        #expect(try await bench.copy(inspected: Self.inspected, mayBeThere: true) == Destination(bench.place))
        #expect(bench.s3.operations == ["HeadObject", "HeadObject"])
    }

    /// Where nothing else would tell: a first copy into a bucket with a KMS key of its own.
    @Test(arguments: [true, false]) func `the hash takes the place of a guess`(isCopy: Bool) async throws {
        let bench = try twins.bench()
        var stored = ScriptedS3.Object(
            isCopy ? Self.benign : Array("beNIGN".utf8), etag: String(repeating: "f", count: 32))
        stored.headers = [("x-amz-server-side-encryption", "aws:kms")]
        stored.keepsSHA256 = true
        bench.s3["out", "done/a"] = stored
        let found = try await bench.relocation.find(
            copyOf: bench.source, size: 6, inspected: Self.inspected, writtenAt: nil, for: someJob, at: bench.place)
        #expect((found != nil) == isCopy)
    }
}
