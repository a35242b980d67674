import Domain
import Judging
import ScanProtocol
import Testing

/// The findings for the facts of a scan: clean only if nothing is missing.
struct ScanFindingsTests {
    private static let size: Int64 = 1000

    private static var whole: ScanFacts {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead) = (size, size, size)
        facts.isRootSeen = true
        facts.rootType = "CL_TYPE_TEXT_ASCII"
        facts.layers = 1
        facts.detectedType = "text/plain"
        return facts
    }

    private func judge(
        _ facts: ScanFacts, size: Int64 = Self.size, type: String? = nil, limits: ScanLimits = ScanLimits()
    ) -> [Finding] { facts.findings(size: size, knownType: type, limits: limits) }

    @Test func `a scan without a gap is clean`() {
        #expect(judge(Self.whole).isEmpty)
        #expect(Verdict(of: judge(Self.whole)) == .clean)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let spoil: @Sendable (inout ScanFacts) -> Void
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "max-scan-time") { $0.code = 21 },
        Case(name: "max-recursion") { $0.code = 23 },
        Case(name: "max-scan-size") { $0.code = 24 },
        Case(name: "max-files") { $0.code = 25 },
        Case(name: "unnamed-alert") { $0.code = 1 },
        Case(name: "unnamed-alert") { ($0.code, $0.alerts) = (1, [""]) },
        Case(name: "engine-error") { $0.code = 20 },
        Case(name: "engine-error") { $0.code = 35 },
        Case(name: "engine-error") { $0.code = -1 },
        Case(name: "too-many-alerts") { $0.alertsLeftOut = 1 },
        Case(name: "engine-warning") { ($0.warnings, $0.warningCount) = (["pread failed"], 1) },
        Case(name: "engine-warning") { $0.warningCount = 1 },
        Case(name: "max-file-size") { $0.cutLayers = 1 },
        Case(name: "unmatched-layer") { $0.unmatchedLayers = 1 },
        Case(name: "unsupported-container") { $0.unopened = ["CL_TYPE_RAR"] },
        Case(name: "unsupported-container") { $0.detectedType = "application/zstd" },
        Case(name: "unsupported-container") { $0.detectedType = "application/x-rar" },
        // Extracted members do not make up for a type that nothing opens.
        Case(name: "unsupported-container") { ($0.detectedType, $0.extracted) = ("application/vnd.squashfs", 9) },
        Case(name: "unsupported-container") {
            ($0.detectedType, $0.extracted) = ("application/x-rar", 1)
            $0.gaps = [ScanGap(.unopened, "b.rar")]
        },
        Case(name: "too-many-gaps") { $0.gapsLeftOut = 1 },
        Case(name: "encrypted") { $0.detectedType = "application/encrypted" },
        Case(name: "unknown-type") { $0.detectedType = "" },
        Case(name: "size-changed") { $0.sizeBefore += 1 },
        Case(name: "size-changed") { $0.sizeAfter -= 1 },
        Case(name: "not-inspected") { $0.isRootSeen = false },
        Case(name: "not-wholly-read") { $0.bytesRead -= 1 },
        Case(name: "max-file-size") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.Exceeded.MaxFileSize"]) },
        Case(name: "max-scan-size") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.Exceeded.MaxScanSize"]) },
        Case(name: "max-files") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.Exceeded.MaxFiles"]) },
        Case(name: "max-recursion") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.Exceeded.MaxRecursion"]) },
        Case(name: "max-scan-time") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.Exceeded.MaxScanTime"]) },
        Case(name: "limit-exceeded") { ($0.code, $0.alerts) = (1, ["Heuristics.Limits.New"]) },
        Case(name: "encrypted") { ($0.code, $0.alerts) = (1, ["Heuristics.Encrypted.Zip"]) },
        Case(name: "malformed") { ($0.code, $0.alerts) = (1, ["Heuristics.Broken.Executable"]) },
        Case(name: "overlapping-entries") { ($0.code, $0.alerts) = (1, ["Heuristics.Zip.OverlappingFiles"]) },
    ]

    @Test(arguments: cases) func `every fact that speaks against clean has a finding of its own`(_ one: Case) {
        var facts = Self.whole
        one.spoil(&facts)
        let findings = judge(facts)
        #expect(findings.contains { $0.kind == .limit && $0.name == one.name }, "\(findings)")
        #expect(Verdict(of: findings) == .unscannable)
    }

    /// The finding's name for each kind of gap.
    private static func name(of kind: ScanGap.Kind) -> String {
        switch kind {
        case .unopened: "unsupported-container"
        case .truncated: "truncated"
        case .malformed: "malformed"
        case .encrypted: "encrypted"
        case .method: "unsupported-method"
        case .missedMember: "missed-member"
        case .skippedPass: "skipped-pass"
        case .read: "read-error"
        case .tooManyFiles: "max-files"
        case .tooManyBytes: "max-scan-size"
        case .tooDeep: "max-recursion"
        case .outOfTime: "max-scan-time"
        case .notStreamable: "over-engine-ceiling"
        case .resources, .scratchFull: "resources"
        case .unmatched: "unmatched-layer"
        case .overlapping: "overlapping-entries"
        case .unknownForm: "unknown-form"
        }
    }

    @Test(arguments: ScanGap.Kind.allCases) func `one gap is enough to keep an object from being clean`(
        kind: ScanGap.Kind
    ) {
        var facts = Self.whole
        facts.gaps = [ScanGap(kind, "a/b.bin")]
        let findings = judge(facts)
        #expect(findings == [Finding(.limit, Self.name(of: kind), detail: "a/b.bin")])
        #expect(Verdict(of: findings) == .unscannable)
    }

    @Test func `only an encrypted member may be allowed`() {
        for kind in ScanGap.Kind.allCases {
            var facts = Self.whole
            facts.gaps = [ScanGap(kind, "")]
            let verdict = Verdict(of: judge(facts, limits: ScanLimits(encrypted: .allow)))
            #expect(verdict == (kind == .encrypted ? .clean : .unscannable), "\(kind)")
        }
    }

    @Test func `equal gaps give one finding`() {
        var facts = Self.whole
        facts.gaps = [
            ScanGap(.truncated, "a.gz"), ScanGap(.missedMember, "b"), ScanGap(.truncated, "a.gz"),
            ScanGap(.truncated, "c.gz"),
        ]
        #expect(judge(facts).map(\.detail) == ["a.gz", "b", "c.gz"])
    }

    @Test(arguments: ["application/x-rar", "application/zstd", "application/vnd.debian.binary-package"])
    func `a container that the engine does not open is accepted once members were extracted`(type: String) {
        var facts = Self.whole
        facts.detectedType = type
        #expect(judge(facts).map(\.name) == ["unsupported-container"])
        facts.extracted = 1
        #expect(judge(facts).isEmpty)
    }

    @Test func `every return code but zero is unscannable without a named match`() {
        for code in Int32(-300)...300 where code != 0 {
            var facts = Self.whole
            facts.code = code
            #expect(Verdict(of: judge(facts)) == .unscannable, "code \(code)")
        }
    }

    @Test func `a match outweighs limits`() {
        var facts = Self.whole
        facts.code = 1
        facts.alerts = [
            "Heuristics.Encrypted.Zip", "Eicar-Test-Signature", "Heuristics.Phishing.Email.Cloaked.NullAddress",
        ]
        let findings = judge(facts)
        #expect(Verdict(of: findings) == .infected)
        #expect(findings.filter { $0.kind == .signature }.map(\.name).first == "Eicar-Test-Signature")
    }

    @Test func `a match counts with any return code`() {
        var facts = Self.whole
        facts.alerts = ["Eicar-Test-Signature"]
        #expect(Verdict(of: judge(facts)) == .infected)
    }

    @Test func `encrypted content is a note if the pipeline allows it`() {
        var facts = Self.whole
        facts.code = 1
        facts.alerts = ["Heuristics.Encrypted.PDF"]
        facts.detectedType = "application/encrypted"
        let findings = judge(facts, limits: ScanLimits(encrypted: .allow))
        #expect(findings.map(\.kind) == [.note, .note])
        #expect(Verdict(of: findings) == .clean)
    }

    @Test(arguments: 0...5 as ClosedRange<Int64>)
    func `a file too short for any signature is clean once read`(size: Int64) {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead) = (size, size, size)
        facts.detectedType = "text/plain"
        #expect(judge(facts, size: size).isEmpty)
        facts.bytesRead = size - 1
        #expect(judge(facts, size: size).map(\.name) == ["not-wholly-read"])
    }

    @Test func `a type that the worker knows takes precedence`() {
        var facts = Self.whole
        facts.detectedType = ""
        #expect(judge(facts, type: "image/png").isEmpty)
        #expect(judge(facts, type: "application/x-rar").map(\.name) == ["unsupported-container"])
    }
}
