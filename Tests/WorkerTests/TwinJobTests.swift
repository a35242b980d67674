import AWS
import Digest
import Domain
import Inspection
import Intake
import Judging
import Ledger
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Jobs whose object gave way to a twin of it, with other bytes and the same ETag, after it was judged.
@Suite(.timeLimit(.minutes(1))) struct TwinJobTests {
    static let etag = "0123456789abcdef0123456789abcdef"
    static let (benign, hostile) = (
        ScriptedS3.Object([1, 2, 3], etag: etag), ScriptedS3.Object([6, 6, 6], etag: etag)
    )
    static let quarantined = [Finding(.signature, "Eicar")]

    /// - Parameters:
    ///   - marked: whether the copy says whose it is, as all do that are quarantined.
    ///   - inParts: whether it is made by two parts.
    func bench(
        marked: Bool = false, inParts: Bool = false, _ script: FaultBench.Script? = nil
    ) async throws -> (FaultBench, Job) {
        let inspector = DisturbedInspector(ScriptedInspector(found: marked ? Self.quarantined : []))
        var copying = ObjectCopier.Configuration()
        if inParts { (copying.multipartThreshold, copying.partSize) = (2, 2) }
        let bench = try await FaultBench(inspector, copying: copying, script)
        bench.s3["inbox", "up/a"] = Self.benign
        inspector.whileScanning { [s3 = bench.s3] in s3["inbox", "up/a"] = Self.hostile }
        return (bench, bench.job())
    }

    func outcome(_ result: AttemptResult) throws -> Outcome {
        guard case .finished(let outcome) = result else { throw Unfinished(result: "\(result)") }
        return outcome
    }

    struct Unfinished: Error { let result: String }

    @Test(arguments: [false, true], [false, true])
    func `the job of an object that has a twin is superseded and its record says why`(
        marked: Bool, inParts: Bool
    ) async throws {
        let (bench, job) = try await bench(marked: marked, inParts: inParts)
        #expect(try outcome(await bench.run(job)) == .superseded)
        #expect(bench.s3.openUploads.isEmpty)
        #expect(bench.s3.names == ["inbox/up/a"] && bench.s3["inbox", "up/a"]?.bytes == Self.hostile.bytes)

        let record = try #require(try await bench.ledger.job(job.id))
        #expect(record.outcome == .superseded && record.destination == nil)
        let judgement = try #require(record.judgement)
        #expect(judgement.verdict == (marked ? .infected : .clean))
        let note = try #require(judgement.findings.last)
        #expect(note.kind == .note && note.name == "other-bytes-copied")
        // Of parts, the first that differs is told.
        for bytes in [Self.benign.bytes, Self.hostile.bytes].map({ inParts ? [$0.prefix(2), $0.suffix(1)] : [$0[...]] })
        {
            let hashes = bytes.map { hexadecimal(SHA256.hash(Array($0))) }
            #expect(hashes.contains { note.detail.contains($0) }, "\(note.detail)")
        }
    }

    /// What an earlier attempt has judged is not at hand any more.
    @Test(arguments: [false, true]) func `an attempt that copies by parts fetches what another has judged`(isTwin: Bool)
        async throws
    {
        let (bench, job) = try await bench(inParts: true) { call in
            call.operation == "CreateMultipartUpload" ? .s3(503, "SlowDown") : nil
        }
        guard case .open = await bench.run(job) else { throw Unfinished(result: "ended") }
        bench.mend()
        if !isTwin { bench.s3["inbox", "up/a"] = Self.benign }
        let before = bench.s3.operations.count
        let outcome = try outcome(await bench.run(job))
        let operations = bench.s3.operations.dropFirst(before)
        #expect(operations.contains("GetObject") && operations.contains("CreateMultipartUpload") == !isTwin)
        #expect(outcome.kind == (isTwin ? .superseded : .settled))
        #expect(bench.s3.names == [isTwin ? "inbox/up/a" : "out/done/a"])
        #expect(
            try await bench.ledger.job(job.id)?.judgement?.findings.map(\.name)
                == (isTwin ? ["other-bytes-copied"] : []))
    }

    /// A worker that was killed when the twin was copied, as far as S3 and the ledger can tell.
    func interrupted(marked: Bool) async throws -> (FaultBench, Job) {
        let (bench, job) = try await bench(marked: marked) { call in
            switch call.operation {
            case "CopyObject":
                _ = call.right()
                return .drops
            case "HeadObject": return .s3(503, "SlowDown")
            default: return nil
            }
        }
        guard case .open = await bench.run(job) else { throw Unfinished(result: "ended") }
        bench.mend()
        #expect(bench.s3.names.count == 2)
        return (bench, job)
    }

    /// What another attempt finds that comes after it.
    enum Present: CaseIterable { case benign, twin, laterTwin, another, nothing }

    @Test(arguments: Present.allCases, [false, true])
    func `the twin of an attempt that was cut off is taken away`(present: Present, marked: Bool) async throws {
        let (bench, job) = try await interrupted(marked: marked)
        switch present {
        case .benign: bench.s3["inbox", "up/a"] = Self.benign
        case .twin: break
        case .laterTwin:
            // To the store the copy is older than what is there now; to the event it is not.
            let place = marked ? ("jail", "infected/2026-11-21/\(job.id)/a") : ("out", "done/a")
            bench.s3[place.0, place.1]?.headers.append(("Last-Modified", "Sat, 21 Nov 2026 08:00:01 GMT"))
            bench.s3["inbox", "up/a"]?.headers.append(("Last-Modified", "Sat, 21 Nov 2026 09:00:00 GMT"))
        case .another: bench.s3["inbox", "up/a"] = .init([9])
        case .nothing: bench.s3["inbox", "up/a"] = nil
        }
        let outcome = try outcome(await bench.run(job))
        let copies = bench.s3.names.filter { !$0.hasPrefix("inbox/") }
        let note = try await bench.ledger.job(job.id)?.judgement?.findings.last
        if present == .benign {
            #expect(outcome.kind == .settled && copies.count == 1)
            let place = marked ? ("jail", "infected/2026-11-21/\(job.id)/a") : ("out", "done/a")
            #expect(bench.s3[place.0, place.1]?.bytes == Self.benign.bytes)
            #expect(note?.name != "other-bytes-copied")
        } else {
            #expect(outcome == (present == .nothing ? .gone : .superseded))
            #expect(copies.isEmpty && note?.name == "other-bytes-copied")
        }
    }

    /// The twin was judged clean as well, by its own job, and is where that job has put it.
    @Test(arguments: [Verdict.clean, .infected]) func `what the twins own job has put there stays`(verdict: Verdict)
        async throws
    {
        let (bench, job) = try await interrupted(marked: false)
        let event = Event(
            object: job.object, size: 3, sequencer: "02", time: Timestamp(iso8601: "2026-11-21T08:00:01Z"),
            name: "ObjectCreated:Put")
        let now = Timestamp.now()
        guard
            case .granted(let token, _) = try await bench.ledger.claim(
                Job(of: event), by: "two", pipeline: "uploads", receivedAt: now, until: now, now: now)
        else { throw Unfinished(result: "not granted") }
        let judgement = Judgement(
            verdict: verdict, findings: [],
            evidence: Evidence(bytesRead: 3, sha256: hexadecimal(SHA256.hash(Self.hostile.bytes))))
        try await bench.ledger.record(judgement, for: token, at: now)
        #expect(try await bench.ledger.finish(token, with: .settled(judgement, .promoted, nil), at: now))
        bench.s3["inbox", "up/a"] = nil

        let outcome = try outcome(await bench.run(job))
        #expect(outcome.kind != .settled)
        #expect(bench.s3.names == (verdict == .clean ? ["out/done/a"] : []))
    }

    /// The ledger goes when it is to be told of a twin, which was copied just now or by an attempt that was cut off.
    @Test(arguments: [false, true]) func `a ledger that cannot be told of a twin is not waited for beyond the end`(
        wasLeft: Bool
    )
        async throws
    {
        let bench = try await AttemptScopeFixture()
        let job = bench.job()
        var twin = MemoryStore.Stored([6, 6, 6])
        twin.etag = try #require(job.object.etag)
        if wasLeft {
            let other = try await bench.claimElsewhere(job)
            let judgement = Judgement(
                verdict: .clean, findings: [],
                evidence: Evidence(bytesRead: 3, sha256: hexadecimal(SHA256.hash([1, 2, 3]))))
            try await bench.ledger.inner.record(judgement, for: other, at: bench.now)
            bench.clock.advance(by: .seconds(61))
            twin.keepsSHA256 = true
            bench.store["out", "done/a"] = twin
            bench.store["inbox", "up/a"] = nil
        } else {
            bench.store.interrupt { [store = bench.store, twin] (call) throws(AWSError) in
                if case .copy = call { store["inbox", "up/a"] = twin }
            }
        }
        bench.ledger.play { call, count in call == .record && (wasLeft || count > 1) ? .before : nil }
        let scope = AttemptScope()
        let attempt = bench.run(job, scope)
        await bench.clock.untilSleepers(1)
        scope.stop()
        guard case .handedBack = await attempt.value else { throw Unfinished(result: "not handed back") }
        #expect((bench.store["out", "done/a"] != nil) == wasLeft)
        #expect(try await bench.ledger.inner.job(job.id)?.outcome == nil)
    }
}

/// Lets something happen while an object is scanned for the first time.
private final class DisturbedInspector: Inspector {
    private let inner: ScriptedInspector
    private let disturbance = Locked<(@Sendable () -> Void)?>(nil)

    init(_ inner: ScriptedInspector) { self.inner = inner }

    func whileScanning(_ body: @escaping @Sendable () -> Void) { disturbance.withLock { $0 = body } }

    func identify(_ descriptor: CInt, size: Int64) async throws(ScannerError) -> String {
        try await inner.identify(descriptor, size: size)
    }

    func scan(
        _ descriptor: CInt, size: Int64, limits: ScanLimits, knownType: String?
    ) async throws(ScannerError) -> ScanReport {
        disturbance.withLock { $0.take() }?()
        return try await inner.scan(descriptor, size: size, limits: limits, knownType: knownType)
    }
}
