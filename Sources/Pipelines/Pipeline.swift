package import Domain

/// The rules for the objects that match: what is accepted, the limits of the scan, and the action for each verdict.
package struct Pipeline: Sendable, Equatable {
    package let name: String
    /// Identifies the text of the file that the pipeline was read from: a judgement is made under it. In lowercase
    /// hexadecimal.
    package let fingerprint: String
    package let match: Match
    package let accept: Acceptance
    package let limits: ScanLimits
    /// Whether objects that the rules reject are scanned too.
    package let scansRejected: Bool
    /// What is done about actions that tag an object in place in a bucket without versions.
    package let unversioned: UnversionedTags
    /// What becomes of the files that a tus server keeps beside an upload.
    package let sidecars: Sidecars
    /// Whose storage class and encryption a promoted object has.
    package let storage: PromotedStorage
    /// With which identity, and in which region, its buckets are used.
    package let access: BucketAccess
    /// Whether a release from quarantine needs two people.
    package let needsApproval: Bool
    /// What becomes of a promoted object that is found infected later.
    package let recheck: Recheck
    /// Whether a clean verdict on the same bytes stands for another scan.
    package let reuse: VerdictReuse
    /// Who is notified; each destination once.
    package let notify: [NotifyRule]
    let actions: VerdictActions

    /// Returns `.rule "too-large"` or nothing.
    ///
    /// - Parameter size: in bytes.
    package func breaches(size: Int64) -> [Finding] { accept.breaches(size: size) }

    /// Returns `.rule "type-not-accepted"` and `.rule "declared-type"` if they apply.
    package func breaches(declared: String?, detected: String) -> [Finding] {
        accept.breaches(declared: declared, detected: detected)
    }

    /// The names of all tags that the pipeline sets on objects which stay where they are.
    package var tagsInPlace: Set<String> {
        Set(
            Verdict.allCases.flatMap { verdict -> [String] in
                guard case .keep(let tags) = action(for: verdict) else { return [] }
                return tags.map(\.name)
            })
    }

    package func action(for verdict: Verdict) -> Action { actions[verdict] }

    /// The values of the variables in the templates of the actions.
    ///
    /// - Parameters:
    ///   - finding: the finding that made the verdict; nil if there is none.
    ///   - date: `2026-11-21`. It must be the same for every attempt of the job.
    package func values(for job: Job, verdict: Verdict, finding: Finding?, date: String) -> TemplateValues {
        let key = job.object.key
        return TemplateValues(
            job: job, verdict: verdict, finding: finding, rest: match.rest(of: key) ?? key.text, date: date)
    }
}

/// What becomes of `KEY.info` and `KEY.part` once the object under `KEY` was moved or deleted.
package enum Sidecars: String, CaseIterable, Sendable {
    case keep, delete

    /// Appended to the object's key (tus protocol servers with an S3 store: tusd, tus-node-server).
    package static let suffixes = [".info", ".part"]
}

/// Whose storage class and encryption a promoted object has. Under a KMS key of the uploader's it could be made
/// unreadable later.
package enum PromotedStorage: String, CaseIterable, Sendable {
    case destination, source
}

/// What is done about tags in place in a bucket without versions: S3 sets tags without a condition, so an object that
/// is overwritten at that moment gets the verdict of another.
package enum UnversionedTags: String, CaseIterable, Sendable {
    case refuse
    case acceptRace = "accept-race"
}

/// Whether a clean verdict on bytes stands for a scan of the same bytes later, under the same rules and signatures.
package enum VerdictReuse: Sendable, Equatable {
    case never
    /// As long as rules and signatures stay the same.
    case always
    /// The same, but no longer than this after the scan.
    case within(Duration)
}

/// What becomes of a promoted object that `lazaret backfill --promoted` finds infected.
package enum Recheck: String, CaseIterable, Sendable {
    case quarantine, report
}
