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

    private func prove(_ evidence: Evidence, _ findings: [Finding] = [], size: Int64 = 10) -> Judgement {
        Judgement(
            ofScan: findings, evidence: evidence, size: size, limits: Self.limits, allowance: .seconds(2))
    }

    @Test func `evidence that adds up is clean`() {
        #expect(prove(Self.whole) == Judgement(verdict: .clean, findings: [], evidence: Self.whole))
    }

    struct Spoilt: Sendable, CustomTestStringConvertible {
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

    static let spoilt: [Spoilt] = [
        Spoilt("no bytes") { $0.bytesRead = 0 },
        Spoilt("fewer bytes") { $0.bytesRead = 9 },
        Spoilt("more bytes") { $0.bytesRead = 11 },
        Spoilt("less than no bytes") { $0.bytesRead = -10 },
        Spoilt("no hash") { $0.sha256 = nil },
        Spoilt("an empty hash") { $0.sha256 = "" },
        Spoilt("half a hash") { $0.sha256 = String(repeating: "a1", count: 16) },
        Spoilt("more than a hash") { $0.sha256? += "a1" },
        Spoilt("a hash in capitals") { $0.sha256 = String(repeating: "A1", count: 32) },
        Spoilt("a hash of other letters") { $0.sha256 = String(repeating: "g1", count: 32) },
        Spoilt("a hash of 64 bytes that are no digits") { $0.sha256 = String(repeating: "é", count: 32) },
        Spoilt("no type") { $0.detectedType = nil },
        Spoilt("an empty type") { $0.detectedType = "" },
        Spoilt("a word for a type") { $0.detectedType = "data" },
        Spoilt("two types") { $0.detectedType = "image/png, image/gif" },
        Spoilt("a type with parameters") { $0.detectedType = "text/plain; charset=us-ascii" },
        Spoilt("no engine") { $0.engine = nil },
        Spoilt("an empty engine") { $0.engine = "" },
        Spoilt("no signatures") { $0.signatures = nil },
        Spoilt("an empty word for signatures") { $0.signatures = "" },
        Spoilt("no database") { $0.databases = [] },
        Spoilt("a database without a name") {
            $0.databases.append(SignatureDatabase(name: "", version: 1, built: Timestamp(milliseconds: 1)))
        },
        Spoilt("a database of no time") {
            $0.databases.append(SignatureDatabase(name: "x.ndb", version: 1, built: Timestamp(milliseconds: 0)))
        },
        Spoilt("a database from before all time") {
            $0.databases.append(SignatureDatabase(name: "x.ndb", version: 1, built: Timestamp(milliseconds: -1000)))
        },
        Spoilt("no duration") { $0.scanMilliseconds = nil },
        Spoilt("a duration below nothing") { $0.scanMilliseconds = -1 },
        Spoilt("a duration beyond the limit and the grace") { $0.scanMilliseconds = 2001 },
        Spoilt("a duration beyond all reason") { $0.scanMilliseconds = .max },
        Spoilt("a limit") { $0.limits = ["max-files"] },
        Spoilt("no method") { $0.method = nil },
        Spoilt("windows over what the engine takes") { $0.method = .windows },
        Spoilt("the largest that the engine takes, in windows", size: EngineLimits.ceiling) {
            $0.bytesRead = EngineLimits.ceiling
            $0.method = .windows
        },
        Spoilt("more than the engine takes, whole", size: EngineLimits.ceiling + 1) {
            $0.bytesRead = EngineLimits.ceiling + 1
        },
        Spoilt("members without a member", size: EngineLimits.ceiling + 1) {
            ($0.bytesRead, $0.method, $0.objects, $0.deepest) = (EngineLimits.ceiling + 1, .members, 1, 0)
        },
        Spoilt("no count of objects") { $0.objects = nil },
        Spoilt("no object") { ($0.objects, $0.deepest) = (0, 0) },
        Spoilt("less than no object") { ($0.objects, $0.deepest) = (-1, 0) },
        Spoilt("more objects than may be") { $0.objects = 11 },
        Spoilt("no level") { $0.deepest = nil },
        Spoilt("a level above the object") { $0.deepest = -1 },
        Spoilt("a level below the deepest that may be") { ($0.deepest, $0.objects) = (5, 9) },
        Spoilt("more levels than objects") { ($0.deepest, $0.objects) = (3, 3) },
        Spoilt("no count of what was unpacked") { $0.extracted = nil },
        Spoilt("less than nothing unpacked") { $0.extracted = -1 },
    ]

    @Test(arguments: spoilt) func `any gap in the evidence makes it unscannable`(_ one: Spoilt) {
        var evidence = Self.whole
        one.spoil(&evidence)
        let judgement = prove(evidence, size: one.size)
        #expect(judgement.verdict == .unscannable)
        #expect(
            judgement.findings.allSatisfy {
                $0.kind == .limit && $0.name == "evidence-incomplete" && !$0.detail.isEmpty
            })
        // A rejection does not hide it, and a note changes nothing.
        #expect(prove(evidence, [Finding(.rule, "too-large")], size: one.size).verdict == .unscannable)
        #expect(prove(evidence, [Finding(.note, "encrypted")], size: one.size).verdict == .unscannable)
    }

    @Test func `every field of the evidence has a way to spoil it`() {
        // A field that is added must be proven too, or be named here as one that no verdict rests on.
        let restsOn = Mirror(reflecting: Self.whole).children.compactMap(\.label).filter { $0 != "declaredType" }
        for field in restsOn {
            let spoils = Self.spoilt.contains { one in
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

    @Test func `none of the pairs of gaps adds up`() {
        for one in Self.spoilt {
            for other in Self.spoilt where one.size == other.size {
                var evidence = Self.whole
                one.spoil(&evidence)
                other.spoil(&evidence)
                #expect(prove(evidence, size: one.size).verdict != .clean, "\(one.name), \(other.name)")
            }
        }
    }

    @Test(arguments: [
        (EngineLimits.ceiling, ScanMethod.whole), (EngineLimits.ceiling + 1, .windows),
        (EngineLimits.ceiling + 1, .members),
        (5 << 40, .windows), (0, .whole),
    ])
    func `a method that fits the size is no gap`(size: Int64, method: ScanMethod) {
        var evidence = Self.whole
        (evidence.bytesRead, evidence.method) = (size, method)
        #expect(prove(evidence, size: size).verdict == .clean)
    }

    @Test func `what reaches a limit and no further is no gap`() {
        var evidence = Self.whole
        (evidence.objects, evidence.deepest, evidence.scanMilliseconds) = (10, 4, 2000)
        #expect(prove(evidence).verdict == .clean)
    }

    @Test func `what was found outweighs a gap`() {
        var evidence = Self.whole
        evidence.bytesRead = 0
        let judgement = prove(evidence, [Finding(.signature, "Eicar")])
        #expect(judgement.verdict == .infected)
        #expect(judgement.findings == [Finding(.signature, "Eicar")])
    }

    @Test func `a note decides nothing`() {
        #expect(prove(Self.whole, [Finding(.note, "encrypted")]).verdict == .clean)
    }
}
