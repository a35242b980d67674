package import AWS
package import Domain

/// What the metadata of a quarantined object say about its job: the inverse of `ObjectProperties.inert`.
package struct QuarantineRecord: Sendable, Equatable {
    package let job: JobID
    package let verdict: Verdict
    /// The names of up to eight findings.
    package let findings: [String]
    package let sha256: String?
    /// The object as it was uploaded. Of a very long key only the start is known.
    package let object: ObjectVersion
    package let isKeyWhole: Bool
    package let declaredType: String?
    /// When the object was uploaded.
    package let uploadedAt: Timestamp?

    /// Reads a head; nil if it is not that of an object that Lazaret quarantined, or if its items contradict each
    /// other.
    package init?(_ head: ObjectHead) {
        var items: [String: String] = [:]
        for item in head.metadata where items[item.name] == nil { items[item.name] = percentDecoded(item.value) }
        func original(_ name: String) -> String? { items["lazaret-original-\(name)"] }
        let wholeKey = original("key")
        guard let job = items["lazaret-job"].flatMap({ JobID($0) }),
            let verdict = items["lazaret-verdict"].flatMap(Verdict.init(rawValue:)),
            let bucket = original("bucket"), !bucket.isEmpty,
            // The start may end within a character.
            let key = (wholeKey ?? original("key-start").map { $0.trimmingEnd("\u{FFFD}") }).flatMap({ ObjectKey($0) }),
            let mark = items[CopyMark.name]
        else { return nil }
        let object = ObjectVersion(bucket: bucket, key: key, versionID: original("version"), etag: original("etag"))
        guard mark == "\(job.text)/\(object.etag ?? "")", object.versionID != nil || object.etag != nil else {
            return nil
        }
        self.job = job
        self.verdict = verdict
        findings = items["lazaret-findings"].map { $0.split(separator: ", ").map(String.init) } ?? []
        sha256 = items["lazaret-sha256"]
        self.object = object
        isKeyWhole = wholeKey != nil
        declaredType = original("content-type")
        uploadedAt = original("last-modified").flatMap { Timestamp(httpDate: $0) }
    }
}

extension String {
    fileprivate func trimmingEnd(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
