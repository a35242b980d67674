import Domain
import Judging
import ScanProtocol
import Testing

@Suite struct EvidenceCompletenessTests {
    static let database = SignatureDatabase(
        name: "daily.cld", version: 27_000, built: Timestamp(milliseconds: 1_795_000_000_000))

    static let whole = Evidence(
        bytesRead: 10, sha256: String(repeating: "a1", count: 32), declaredType: "image/png",
        detectedType: "image/png", engine: "ClamAV 1.4.6", signatures: "daily.cld 27000",
        databases: [database, SignatureDatabase(name: "own.ndb", version: nil, built: Timestamp(milliseconds: 1))],
        scanMilliseconds: 1, method: .whole, objects: 3, deepest: 2, extracted: 1)

    private static let limits = ScanLimits(timeout: .seconds(1), maxFiles: 9, maxRecursion: 4)

    private func judge(_ evidence: Evidence, _ findings: [Finding] = [], size: Int64 = 10) -> Judgement {
        Judgement(
            ofScan: findings, evidence: evidence, size: size, limits: Self.limits, allowance: .seconds(2))
    }

    @Test func `complete evidence is clean`() {
        #expect(judge(Self.whole) == Judgement(verdict: .clean, findings: [], evidence: Self.whole))
    }

    struct Defect: Sendable, CustomTestStringConvertible {
        let name: String
        var size: Int64 = 10
        let spoil: @Sendable (inout Evidence) -> Void
        var testDescription: String { name }

        init(_ name: String, size: Int64 = 10, _ spoil: @escaping @Sendable (inout Evidence) -> Void) {
            self.name = name
            self.size = size
            self.spoil = spoil
        }
    }

    static let defects: [Defect] = [
        Defect("no bytes") { $0.bytesRead = 0 },
        Defect("fewer bytes") { $0.bytesRead = 9 },
        Defect("more bytes") { $0.bytesRead = 11 },
        Defect("a negative number of bytes") { $0.bytesRead = -10 },
        Defect("no hash") { $0.sha256 = nil },
        Defect("an empty hash") { $0.sha256 = "" },
        Defect("half a hash") { $0.sha256 = String(repeating: "a1", count: 16) },
        Defect("more than a hash") { $0.sha256? += "a1" },
        Defect("a hash in capitals") { $0.sha256 = String(repeating: "A1", count: 32) },
        Defect("a hash of other letters") { $0.sha256 = String(repeating: "g1", count: 32) },
        Defect("a hash of 64 bytes that are not digits") { $0.sha256 = String(repeating: "é", count: 32) },
        Defect("no type") { $0.detectedType = nil },
        Defect("an empty type") { $0.detectedType = "" },
        Defect("a type that is not a media type") { $0.detectedType = "data" },
        Defect("two types") { $0.detectedType = "image/png, image/gif" },
        Defect("a type with parameters") { $0.detectedType = "text/plain; charset=us-ascii" },
        Defect("no engine") { $0.engine = nil },
        Defect("an empty engine") { $0.engine = "" },
        Defect("no signatures") { $0.signatures = nil },
        Defect("an empty text for signatures") { $0.signatures = "" },
        Defect("no database") { $0.databases = [] },
        Defect("a database without a name") {
            $0.databases.append(SignatureDatabase(name: "", version: 1, built: Timestamp(milliseconds: 1)))
        },
        Defect("a database without a build time") {
            $0.databases.append(SignatureDatabase(name: "x.ndb", version: 1, built: Timestamp(milliseconds: 0)))
        },
        Defect("a database built before 1970") {
            $0.databases.append(SignatureDatabase(name: "x.ndb", version: 1, built: Timestamp(milliseconds: -1000)))
        },
        Defect("no duration") { $0.scanMilliseconds = nil },
        Defect("a negative duration") { $0.scanMilliseconds = -1 },
        Defect("a duration beyond limit and grace") { $0.scanMilliseconds = 2001 },
        Defect("the longest duration") { $0.scanMilliseconds = .max },
        Defect("a limit") { $0.limits = ["max-files"] },
        Defect("no method") { $0.method = nil },
        Defect("windows over what the engine takes") { $0.method = .windows },
        Defect("the largest that the engine takes, in windows", size: EngineLimits.ceiling) {
            $0.bytesRead = EngineLimits.ceiling
            $0.method = .windows
        },
        Defect("more than the engine takes, whole", size: EngineLimits.ceiling + 1) {
            $0.bytesRead = EngineLimits.ceiling + 1
        },
        Defect("members without a member", size: EngineLimits.ceiling + 1) {
            ($0.bytesRead, $0.method, $0.objects, $0.deepest) = (EngineLimits.ceiling + 1, .members, 1, 0)
        },
        Defect("no count of objects") { $0.objects = nil },
        Defect("no object") { ($0.objects, $0.deepest) = (0, 0) },
        Defect("a negative number of objects") { ($0.objects, $0.deepest) = (-1, 0) },
        Defect("more objects than the limit") { $0.objects = 11 },
        Defect("no level") { $0.deepest = nil },
        Defect("a negative level") { $0.deepest = -1 },
        Defect("a level beyond the limit") { ($0.deepest, $0.objects) = (5, 9) },
        Defect("more levels than objects") { ($0.deepest, $0.objects) = (3, 3) },
        Defect("no count of extracted members") { $0.extracted = nil },
        Defect("a negative count of extracted members") { $0.extracted = -1 },
        Defect("another job that vouches") { $0.vouchedBy = JobID(String(repeating: "a1", count: 16)) },
        Defect("a form without layers") {
            $0.forms = [FormEvidence(form: "zip", opener: "libarchive", layers: 0)]
        },
        Defect("a form that nothing opens") {
            $0.forms = [FormEvidence(form: "zoo", opener: "nobody", layers: 1)]
        },
    ]

    @Test(arguments: defects) func `any defect of the evidence makes the object unscannable`(_ one: Defect) {
        var evidence = Self.whole
        one.spoil(&evidence)
        let judgement = judge(evidence, size: one.size)
        #expect(judgement.verdict == .unscannable)
        #expect(
            judgement.findings.allSatisfy {
                $0.kind == .limit && $0.name == "evidence-incomplete" && !$0.detail.isEmpty
            })
        // A rejection does not hide it, and a note changes nothing.
        #expect(judge(evidence, [Finding(.rule, "too-large")], size: one.size).verdict == .unscannable)
        #expect(judge(evidence, [Finding(.note, "encrypted")], size: one.size).verdict == .unscannable)
    }

    @Test func `every field of the evidence has a defect`() {
        // A new field must be checked too, or be named here as irrelevant to the verdict.
        let restsOn = Mirror(reflecting: Self.whole).children.compactMap(\.label).filter { $0 != "declaredType" }
        for field in restsOn {
            let spoils = Self.defects.contains { one in
                var evidence = Self.whole
                one.spoil(&evidence)
                func text(_ evidence: Evidence) -> String {
                    Mirror(reflecting: evidence).children.first { $0.label == field }.map { "\($0.value)" } ?? ""
                }
                return text(evidence) != text(Self.whole)
            }
            #expect(spoils, "\(field)")
        }
    }

    @Test func `no two defects cancel each other out`() {
        for one in Self.defects {
            for other in Self.defects where one.size == other.size {
                var evidence = Self.whole
                one.spoil(&evidence)
                other.spoil(&evidence)
                #expect(judge(evidence, size: one.size).verdict != .clean, "\(one.name), \(other.name)")
            }
        }
    }

    @Test(arguments: [
        (EngineLimits.ceiling, ScanMethod.whole), (EngineLimits.ceiling + 1, .windows),
        (EngineLimits.ceiling + 1, .members),
        (5 << 40, .windows), (0, .whole),
    ])
    func `a method that fits the size is accepted`(size: Int64, method: ScanMethod) {
        var evidence = Self.whole
        (evidence.bytesRead, evidence.method) = (size, method)
        #expect(judge(evidence, size: size).verdict == .clean)
    }

    @Test func `values at their limits are accepted`() {
        var evidence = Self.whole
        (evidence.objects, evidence.deepest, evidence.scanMilliseconds) = (10, 4, 2000)
        #expect(judge(evidence).verdict == .clean)
    }

    @Test func `a signature outweighs incomplete evidence`() {
        var evidence = Self.whole
        evidence.bytesRead = 0
        let judgement = judge(evidence, [Finding(.signature, "Eicar")])
        #expect(judgement.verdict == .infected)
        #expect(judgement.findings == [Finding(.signature, "Eicar")])
    }

    @Test func `a note does not change the verdict`() {
        #expect(judge(Self.whole, [Finding(.note, "encrypted")]).verdict == .clean)
    }
}
