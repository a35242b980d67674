/// The verdict on an object with what it is based on, before anything is done about it.
package struct Judgement: Sendable, Equatable {
    package let verdict: Verdict
    package let findings: [Finding]
    package let evidence: Evidence

    package init(verdict: Verdict, findings: [Finding], evidence: Evidence) {
        self.verdict = verdict
        self.findings = findings
        self.evidence = evidence
    }

    /// The first finding that made the verdict; nil if it is clean.
    package var decidingFinding: Finding? { findings.first { $0.kind.verdict == verdict } }
}
