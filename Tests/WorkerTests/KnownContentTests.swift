import AWS
import Digest
import Domain
import Inspection
import Judging
import Ledger
import Pipelines
import ScanProtocol
import Support
import TestKit
import Testing
import Transfer

@testable import Worker

/// Bytes that another job has found clean need no second scan.
@Suite(.timeLimit(.minutes(1))) struct KnownContentTests {
    private static let rules = JobFixture.uploads + "\nreuse-verdicts: true"
    private static let day = Duration.seconds(86_400)
    private static let start = Timestamp(milliseconds: 1_795_248_600_000)
    private static let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    /// A worker at one moment.
    private struct Site {
        let fixture: JobFixture
        var rules = KnownContentTests.rules
        var inspector: ScriptedInspector
        var program = "1"
        var age = Duration.zero
        let capabilities = StoreCapabilities(conditionalDeletesIn: ["inbox"])
        var configuration = RangedFetch.Configuration()

        init(rules: String = KnownContentTests.rules, _ inspector: ScriptedInspector = .init()) async throws {
            fixture = try await JobFixture(inspector, pipelines: rules)
            self.rules = rules
            self.inspector = inspector
        }

        /// Uploads an object and works on it.
        func settle(_ key: String, _ object: MemoryStore.Stored = .init(bytes)) async throws -> Judgement {
            fixture.store["inbox", "up/\(key)"] = object
            return try #require(try outcome(of: try await run(fixture.job("up/\(key)"))).judgement)
        }

        func run(_ job: Job) async throws -> AttemptResult {
            let clocks = Clocks(monotonic: MonotonicClock(ManualClock())) { start.advanced(by: age) }
            let context = WorkerContext(
                worker: "one", pipelines: try PipelineSet(files: [(name: "test.yaml", text: Array(rules.utf8))]),
                ledger: fixture.ledger,
                fetch: RangedFetch(
                    store: fixture.store, directory: fixture.directory.path, configuration: configuration),
                mover: ObjectMover(store: fixture.store, capabilities: capabilities),
                inspection: ObjectInspection(inspector: inspector, program: program),
                claims: ClaimKeeper(ledger: fixture.ledger, life: .seconds(30), clocks: clocks, log: .quiet),
                clocks: clocks)
            return await JobRunner(job, receivedAt: start, context: context, checkLease: {})()
        }

        func id(_ key: String, _ bytes: [UInt8] = bytes) -> JobID {
            let etag = MemoryStore.Stored(bytes).etag
            return fixture.job("up/\(key)", size: Int64(bytes.count), etag: etag).id
        }

        /// Ranges of an object that were fetched.
        func gets(_ key: String) -> Int {
            fixture.store.calls.count { call in
                if case .get(let place, _) = call { place.key.text == "up/\(key)" } else { false }
            }
        }
    }

    @Test func `the same bytes are scanned once, and the first job vouches for all`() async throws {
        let site = try await Site()
        let first = try await site.settle("a")
        for key in ["b", "c"] {
            let judgement = try await site.settle(key)
            #expect(judgement.verdict == .clean && judgement.evidence.vouchedBy == site.id("a"))
            #expect(judgement.evidence.sha256 == first.evidence.sha256 && judgement.evidence.bytesRead == 8)
            #expect(judgement.evidence.databases == first.evidence.databases)
            #expect(judgement.evidence.scanMilliseconds == nil)
            #expect(site.fixture.store["out", "done/\(key)"]?.bytes == Self.bytes)
        }
        #expect(first.evidence.vouchedBy == nil && site.inspector.scans == 1)
        _ = try await site.settle("d", .init([9]))
        #expect(site.inspector.scans == 2)
    }

    @Test(arguments: ["", "reuse-verdicts: false"])
    func `without the key every object is scanned`(line: String) async throws {
        let site = try await Site(rules: JobFixture.uploads + "\n\(line)")
        for key in ["a", "b"] { #expect(try await site.settle(key).evidence.vouchedBy == nil) }
        #expect(site.inspector.scans == 2)
    }

    enum Change: CaseIterable { case rules, signatures, program }

    @Test(arguments: Change.allCases)
    func `a verdict under other conditions stands for nothing`(change: Change) async throws {
        var site = try await Site()
        _ = try await site.settle("a")
        switch change {
        case .rules: site.rules += "\n# A comment.\n"
        case .signatures: site.inspector = ScriptedInspector(found: [Finding(.signature, "New")], version: 2)
        case .program: site.program = "2"
        }
        let judgement = try await site.settle("b")
        #expect(judgement.evidence.vouchedBy == nil)
        #expect(judgement.verdict == (change == .signatures ? .infected : .clean))
        #expect(site.inspector.scans == (change == .signatures ? 1 : 2))
    }

    /// Beyond that many, a database that changes is not on the list.
    @Test func `no verdict is reused if the list of databases may be cut`() {
        let inspection = ObjectInspection(inspector: ScriptedInspector(), program: "1")
        func key(_ count: Int) -> String? {
            let databases = (0..<count).map { SignatureDatabase(name: "\($0).yar", version: nil, built: Self.start) }
            return inspection.reuseKey(rules: "r", engine: "e", databases: databases)
        }
        let most = EngineFacts.maximumDatabases
        #expect(key(1) != nil && key(most - 1) != nil)
        #expect(key(0) == nil && key(most) == nil)
    }

    @Test func `a verdict expires, and a reused one prolongs nothing`() async throws {
        var site = try await Site(rules: JobFixture.uploads + "\nreuse-verdicts: 7d")
        _ = try await site.settle("a")
        site.age = Self.day * 6
        #expect(try await site.settle("b").evidence.vouchedBy == site.id("a"))
        site.age = Self.day * 8
        #expect(try await site.settle("c").evidence.vouchedBy == nil)
        #expect(try await site.settle("d").evidence.vouchedBy == site.id("c"))
        #expect(site.inspector.scans == 2)
    }

    @Test func `a judgement from a clock that is far ahead stands for nothing`() async throws {
        var site = try await Site(rules: JobFixture.uploads + "\nreuse-verdicts: 1d")
        site.age = Self.day * 30
        _ = try await site.settle("a")
        site.age = .zero
        #expect(try await site.settle("b").evidence.vouchedBy == nil)
    }

    @Test func `the declared type is judged for each object`() async throws {
        let site = try await Site(
            rules: Self.rules.replacing("declared-type: ignore", with: "declared-type: must-agree"))
        _ = try await site.settle("a", .init(Self.bytes, contentType: "image/png"))
        let judgement = try await site.settle("b", .init(Self.bytes, contentType: "text/html"))
        #expect(judgement.verdict == .rejected && judgement.evidence.declaredType == "text/html")
        #expect(judgement.findings.contains { $0.kind == .rule })
        #expect(try await site.settle("c", .init(Self.bytes, contentType: "image/png")).verdict == .clean)
        #expect(site.inspector.scans == 1)
    }

    @Test func `encoded bytes are inspected as they are decoded, each time`() async throws {
        let site = try await Site()
        var encoded = MemoryStore.Stored(Self.bytes)
        encoded.properties.contentEncoding = "gzip"
        _ = try await site.settle("a", encoded)
        #expect(try await site.settle("b").evidence.vouchedBy == nil)
        #expect(try await site.settle("c", encoded).evidence.vouchedBy == nil)
        #expect(try await site.settle("d").evidence.vouchedBy == site.id("b"))
        #expect(site.inspector.scans == 3)
    }

    @Test func `only clean verdicts that no person has touched are reused`() async throws {
        let found = try await Site(ScriptedInspector(found: [Finding(.signature, "Eicar")]))
        for key in ["a", "b"] { #expect(try await found.settle(key).verdict == .infected) }
        #expect(found.inspector.scans == 2)
        // Excused by a person, and so clean.
        let evidence = try await Site().settle("a").evidence
        let note = Finding(.note, Judgement.excuse)
        #expect(!Judgement(verdict: .clean, findings: [note], evidence: evidence).mayVouch)
        #expect(Judgement(verdict: .clean, findings: [], evidence: evidence).mayVouch)
    }

    /// As a job that is tried again may find.
    @Test func `bytes that another job found infected are scanned`() async throws {
        var site = try await Site()
        _ = try await site.settle("a")
        let clean = site.inspector
        site.inspector = ScriptedInspector(found: [Finding(.signature, "Eicar")])
        let job = site.fixture.job("up/b", size: 8, etag: MemoryStore.Stored(Self.bytes).etag)
        site.fixture.store["inbox", "up/b"] = .init(Self.bytes)
        site.fixture.store.interrupt { (call) throws(AWSError) in
            if case .get = call { throw .test("GetObject", code: "SlowDown", status: 503) }
        }
        _ = try await site.run(job)
        site.fixture.store.interrupt { (_) throws(AWSError) in }
        #expect(try outcome(of: try await site.run(job)).judgement?.verdict == .infected)
        site.inspector = clean
        #expect(try await site.settle("c").evidence.vouchedBy == nil)
    }

    @Test func `a verdict with a filter and one without stand for each other`() async throws {
        var site = try await Site()
        for (number, isFiltered) in [true, false].enumerated() {
            let bytes = [UInt8(number)]
            site.inspector = ScriptedInspector(isFiltered: isFiltered)
            let first = try await site.settle("\(number)", .init(bytes))
            #expect(first.evidence.engine == (isFiltered ? "ClamAV 0, filtered" : "ClamAV 0"))
            site.inspector = ScriptedInspector(isFiltered: !isFiltered)
            let second = try await site.settle("\(number), again", .init(bytes))
            #expect(second.evidence.vouchedBy == site.id("\(number)", bytes))
        }
    }

    @Test func `what was noted of another object with the same bytes is not said of this one`() async throws {
        let site = try await Site()
        let first = try await site.settle("a")
        let names = ["declared-type", Judgement.tagsReplaced, Judgement.otherBytesCopied, "encrypted"]
        let earlier = Judgement(
            verdict: .clean, findings: names.map { Finding(.note, $0) }, evidence: first.evidence)
        let reused = Judge(size: 8, declaredType: nil, pipeline: nil).judgement(
            reusing: earlier, of: site.id("a"), sha256: try #require(first.evidence.sha256), bytesRead: 8)
        #expect(reused?.findings == [Finding(.note, "encrypted")])
    }

    @Test func `a job that is tried again is inspected for itself`() async throws {
        let site = try await Site()
        _ = try await site.settle("a")
        site.fixture.store["inbox", "up/b"] = .init(Self.bytes)
        let job = site.fixture.job("up/b")
        site.fixture.store.interrupt { (call) throws(AWSError) in
            if case .get = call { throw .test("GetObject", code: "SlowDown", status: 503) }
        }
        guard case .open = try await site.run(job) else { throw NotFinished(result: .open(reason: "ended")) }
        site.fixture.store.interrupt { (_) throws(AWSError) in }
        #expect(try outcome(of: try await site.run(job)).judgement?.evidence.vouchedBy == nil)
        #expect(site.inspector.scans == 2)
    }

    @Test(arguments: [true, false])
    func `a reused judgement is acted upon after a crash only while it is fresh`(isFresh: Bool) async throws {
        var site = try await Site()
        _ = try await site.settle("a")
        site.fixture.store["inbox", "up/b"] = .init(Self.bytes)
        let job = site.fixture.job("up/b")
        site.fixture.store.interrupt { (call) throws(AWSError) in
            if case .copy = call { throw .test("CopyObject", code: "SlowDown", status: 503) }
        }
        guard case .open = try await site.run(job) else { throw NotFinished(result: .open(reason: "ended")) }
        site.fixture.store.interrupt { (_) throws(AWSError) in }
        site.age = isFresh ? .seconds(20) : Self.day
        let judgement = try outcome(of: try await site.run(job)).judgement
        #expect(judgement?.evidence.vouchedBy == (isFresh ? site.id("a") : nil))
        #expect(site.inspector.scans == (isFresh ? 1 : 2))
        #expect(site.fixture.store["out", "done/b"]?.bytes == Self.bytes && site.fixture.store["inbox", "up/b"] == nil)
    }

    // MARK: Objects that are not fetched

    /// Objects of which a first range holds only a part.
    private func large(trusting isTrusted: Bool = true) async throws -> (Site, MemoryStore.Stored) {
        var site = try await Site()
        site.configuration.firstRange = 4
        if isTrusted { site.capabilities.learn([.uploadChecksums: .kept], bucket: "inbox") }
        var object = MemoryStore.Stored(Self.bytes)
        object.keepsSHA256 = true
        return (site, object)
    }

    @Test func `an object whose SHA-256 the store has is not fetched`() async throws {
        let (site, object) = try await large()
        _ = try await site.settle("a", object)
        #expect(site.gets("a") == 2)
        let judgement = try await site.settle("b", object)
        #expect(judgement.evidence.vouchedBy == site.id("a") && judgement.evidence.bytesRead == 0)
        #expect(judgement.evidence.sha256 == hexadecimal(SHA256.hash(Self.bytes)))
        #expect(site.gets("b") == 0 && site.inspector.scans == 1)
        #expect(site.fixture.store["out", "done/b"]?.bytes == Self.bytes && site.fixture.store["inbox", "up/b"] == nil)
        // Too large for the rules, and so not clean although another job vouches.
        #expect(try await site.settle("c", .init([UInt8](repeating: 0, count: 2 << 20))).verdict == .rejected)
    }

    @Test func `a store that takes any SHA-256 is not believed`() async throws {
        let (site, object) = try await large(trusting: false)
        _ = try await site.settle("a", object)
        var forged = MemoryStore.Stored([UInt8](repeating: 66, count: 8))
        (forged.keepsSHA256, forged.claimedSHA256) = (true, hexadecimal(SHA256.hash(Self.bytes)))
        let judgement = try await site.settle("b", forged)
        #expect(judgement.evidence.vouchedBy == nil && site.gets("b") == 2 && site.inspector.scans == 2)
        #expect(judgement.evidence.sha256 == hexadecimal(SHA256.hash(forged.bytes)))
    }

    /// The store was believed, and lies all the same.
    @Test func `a copy with other bytes than were vouched for is not left behind`() async throws {
        let (site, object) = try await large()
        _ = try await site.settle("a", object)
        var forged = MemoryStore.Stored([UInt8](repeating: 66, count: 8))
        (forged.keepsSHA256, forged.claimedSHA256) = (true, hexadecimal(SHA256.hash(Self.bytes)))
        site.fixture.store["inbox", "up/b"] = forged
        let result = try await site.run(site.fixture.job("up/b"))
        #expect(site.fixture.store["out", "done/b"] == nil, "\(result)")
    }

    @Test func `an object of another size than its event says, or without a whole SHA-256, is fetched`() async throws {
        let (site, object) = try await large()
        _ = try await site.settle("a", object)
        var parts = object
        parts.keepsSHA256 = false
        #expect(try await site.settle("b", parts).evidence.bytesRead == 8)
        #expect(site.gets("b") == 2)
        var encoded = object
        encoded.properties.contentEncoding = "br"
        #expect(try await site.settle("c", encoded).evidence.vouchedBy == nil)
    }

    @Test func `an object that was replaced meanwhile is not taken for the one of the event`() async throws {
        let (site, object) = try await large()
        _ = try await site.settle("a", object)
        site.fixture.store["inbox", "up/b"] = object
        let job = site.fixture.job("up/b", etag: "another")
        #expect(try outcome(of: try await site.run(job)) == .superseded)
    }
}
