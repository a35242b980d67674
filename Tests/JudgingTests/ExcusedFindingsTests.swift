import Domain
import Judging
import Testing

struct ExcusedFindingsTests {
    private static let evidence = Evidence(bytesRead: 3)
    private static let first = Finding(.signature, "First", path: "a.zip/b")
    private static let second = Finding(.signature, "Second")
    private static let limit = Finding(.limit, "encrypted")

    private func excuse(_ findings: [Finding], _ names: [String]) -> Judgement {
        Judgement(verdict: Verdict(of: findings), findings: findings, evidence: Self.evidence)
            .excusing(size: 3, limits: ScanLimits()) { names.contains($0.name) ? "by mara" : nil }
    }

    @Test func `a finding that was not called false still decides`() {
        let judgement = excuse([Self.first, Self.second], ["First"])
        #expect(judgement.verdict == .infected && judgement.isExcused)
        #expect(excuse([Self.first, Self.limit], ["First"]).verdict == .unscannable)
        #expect(excuse([Self.first, Self.limit], ["encrypted"]).verdict == .infected)
    }

    @Test func `nothing changes without a false positive`() {
        let judgement = excuse([Self.first], ["Other"])
        #expect(judgement.verdict == .infected && !judgement.isExcused && judgement.findings == [Self.first])
    }

    /// The signature was false, but nothing shows that the rest was read.
    @Test func `a match that was called false leaves incomplete evidence unscannable`() {
        let judgement = excuse([Self.first], ["First"])
        #expect(judgement.verdict == .unscannable)
        #expect(judgement.findings.contains { $0.name == "evidence-incomplete" })
    }

    @Test func `a limit that a person accepted for these bytes does not decide`() {
        let judgement = excuse([Self.limit], ["encrypted"])
        #expect(judgement.verdict == .clean)
        #expect(judgement.findings.map(\.kind) == [.note] && judgement.findings[0].detail == "limit encrypted: by mara")
    }
}
