/// Reads `accept.quota`.
enum QuotaReader {
    static func quota(_ accept: Section, problems: inout ProblemList) -> Quota? {
        guard let entry = accept.entry("quota"),
            let section = accept.section("quota", keys: PipelineKeys.quota, problems: &problems)
        else { return nil }
        let words = Quota.Subject.allCases.map(\.rawValue).joined(separator: " or ")
        let subject = section.required("by", words, problems: &problems)
            .flatMap { _ in section.value("by", as: ScalarParser<Quota.Subject>.word, problems: &problems) }
        let objects = section.value(
            "objects-per-hour", as: .integer(in: 1...1_000_000_000), problems: &problems)
        let bytes = section.value("bytes-per-day", as: .size(in: 1...(1 << 60)), problems: &problems)
        if section.entry("objects-per-hour") == nil, section.entry("bytes-per-day") == nil {
            problems.add(
                entry.keyPosition, section.path,
                "the quota limits nothing; expected objects-per-hour, bytes-per-day, or both")
        }
        return subject.map { Quota(by: $0, objectsPerHour: objects.map(Int64.init), bytesPerDay: bytes) }
    }
}

/// Reads `sidecars`.
enum SidecarReader {
    /// What is deleted must not be an upload: the pipeline must exclude it.
    static func sidecars(_ top: Section, _ match: Match?, problems: inout ProblemList) -> Sidecars {
        guard let sidecars = top.value("sidecars", as: ScalarParser<Sidecars>.word, problems: &problems) else {
            return .keep
        }
        if sidecars == .delete, let match, let entry = top.entry("sidecars") {
            for suffix in Sidecars.suffixes where !match.excludesAll(endingIn: suffix) {
                problems.add(
                    entry.value.position, "sidecars",
                    "an upload could be deleted: 'delete' needs \"*\(suffix)\" in match.exclude")
            }
        }
        return sidecars
    }
}
