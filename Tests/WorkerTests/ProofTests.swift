import Domain
import Testing
import Worker

@Suite struct ProofTests {
    let whole = Evidence(
        bytesRead: 10, sha256: String(repeating: "a", count: 64), declaredType: "image/png",
        detectedType: "image/png", engine: "ClamAV 1.4.6", signatures: "demo.ndb", scanMilliseconds: 1)

    @Test func evidenceThatAddsUpIsClean() {
        #expect(Judgement.proven(findings: [], evidence: whole, size: 10).verdict == .clean)
    }

    @Test(
        arguments: [
            ("fewer bytes", { @Sendable (e: inout Evidence) in e.bytesRead = 9 }),
            ("more bytes", { @Sendable (e: inout Evidence) in e.bytesRead = 11 }),
            ("no hash", { @Sendable (e: inout Evidence) in e.sha256 = nil }),
            ("half a hash", { @Sendable (e: inout Evidence) in e.sha256 = "abcd" }),
            ("no type", { @Sendable (e: inout Evidence) in e.detectedType = nil }),
            ("an empty type", { @Sendable (e: inout Evidence) in e.detectedType = "" }),
            ("no engine", { @Sendable (e: inout Evidence) in e.engine = nil }),
            ("no signatures", { @Sendable (e: inout Evidence) in e.signatures = "" }),
            ("no duration", { @Sendable (e: inout Evidence) in e.scanMilliseconds = nil }),
            ("a limit", { @Sendable (e: inout Evidence) in e.limits = ["max-files"] }),
        ] as [(String, @Sendable (inout Evidence) -> Void)])
    func anyGapInTheEvidenceMakesItUnscannable(name: String, spoil: @Sendable (inout Evidence) -> Void) {
        var evidence = whole
        spoil(&evidence)
        let judgement = Judgement.proven(findings: [], evidence: evidence, size: 10)
        #expect(judgement.verdict == .unscannable, "\(name)")
        #expect(judgement.findings.contains { $0.name == "evidence-incomplete" && !$0.detail.isEmpty })
    }

    @Test func aRejectionDoesNotHideAGap() {
        var evidence = whole
        evidence.bytesRead = 9
        let judgement = Judgement.proven(findings: [Finding(.rule, "too-large")], evidence: evidence, size: 10)
        #expect(judgement.verdict == .unscannable)
    }

    @Test func whatWasFoundOutweighsAGap() {
        var evidence = whole
        evidence.bytesRead = 0
        let judgement = Judgement.proven(findings: [Finding(.signature, "Eicar")], evidence: evidence, size: 10)
        #expect(judgement.verdict == .infected)
        #expect(judgement.findings == [Finding(.signature, "Eicar")])
    }

    @Test func aNoteDecidesNothing() {
        let judgement = Judgement.proven(findings: [Finding(.note, "encrypted")], evidence: whole, size: 10)
        #expect(judgement.verdict == .clean)
    }
}
