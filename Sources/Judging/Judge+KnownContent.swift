package import Domain

extension Judge {
    /// Returns the judgement on an object that is not scanned, since another job has scanned the same bytes under the
    /// same rules and signatures. Its size and declared type are judged as usual.
    ///
    /// - Parameters:
    ///   - earlier: the judgement of that job.
    ///   - job: that job.
    ///   - sha256: of the object.
    ///   - bytesRead: bytes of the object that were fetched.
    /// - Returns: nil if the earlier judgement is no proof that the object is clean.
    package func judgement(
        reusing earlier: Judgement, of job: JobID, sha256: String, bytesRead: Int64
    ) -> Judgement? {
        var evidence = earlier.evidence
        guard earlier.mayVouch, evidence.sha256 == sha256, let detectedType = evidence.detectedType,
            evidence.missingParts(size: size, limits: limits, allowance: limits.timeout * 8).isEmpty
        else { return nil }
        evidence.vouchedBy = job
        evidence.declaredType = declaredType
        evidence.bytesRead = bytesRead
        evidence.scanMilliseconds = nil
        let notes = earlier.findings.filter { !Judgement.notesOnObject.contains($0.name) }
        let findings = breaches(ofType: detectedType) + notes
        return Judgement(verdict: Verdict(of: findings), findings: findings, evidence: evidence)
    }
}

extension Judgement {
    /// The name of the note that tags of the uploader's made room for the verdict's.
    package static let tagsReplaced = "tags-replaced"
    /// The name of the note that S3 copied other bytes than those that were inspected.
    package static let otherBytesCopied = "other-bytes-copied"
    /// The names of notes that say nothing of other objects with the same bytes.
    fileprivate static let notesOnObject: Set<String> = ["declared-type", tagsReplaced, otherBytesCopied]

    /// Whether the judgement proves that other objects with the same bytes are clean too: it was not excused by a
    /// person, and is not itself a reused one, so that no verdict is prolonged.
    package var mayVouch: Bool {
        verdict == .clean && !isExcused && evidence.vouchedBy == nil && evidence.sha256 != nil
            && evidence.engine != nil && !evidence.databases.isEmpty
    }
}
