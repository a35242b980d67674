package import Domain

/// The rules for some objects: which ones, what is accepted, how far they are scanned, what becomes of each verdict.
package struct Pipeline: Sendable, Equatable {
    package let name: String
    package let match: Match
    package let accept: Acceptance
    package let limits: ScanLimits
    /// Whether what the rules already rejected is scanned all the same.
    package let scansRejected: Bool
    let decisions: Decisions

    /// `.rule "too-large"`, or nothing. Bytes.
    package func breaches(size: Int64) -> [Finding] { accept.breaches(size: size) }

    /// `.rule "type-not-accepted"` and `.rule "declared-type"`, as far as they hold.
    package func breaches(declared: String?, detected: String) -> [Finding] {
        accept.breaches(declared: declared, detected: detected)
    }

    package func action(for verdict: Verdict) -> Action { decisions[verdict] }

    /// The action of each of the four verdicts.
    package var then: [Verdict: Action] {
        Dictionary(uniqueKeysWithValues: Verdict.allCases.map { ($0, decisions[$0]) })
    }

    /// What the templates of its actions are filled with.
    ///
    /// - Parameter date: `2026-11-21`, the same at every attempt of the job.
    package func values(for job: Job, verdict: Verdict, date: String) -> TemplateValues {
        let key = job.object.key
        return TemplateValues(job: job, verdict: verdict, rest: match.rest(of: key) ?? key.text, date: date)
    }
}
