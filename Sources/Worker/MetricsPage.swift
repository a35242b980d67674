internal import Domain

extension Progress.Counts {
    /// The counts in Prometheus' text format (Prometheus documentation, "Exposition formats").
    package var metrics: String {
        var page = ""
        func family(_ name: String, _ kind: String, _ help: String, _ samples: [(labels: String, value: Int64)]) {
            page += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for sample in samples { page += "\(name)\(sample.labels) \(sample.value)\n" }
        }
        family(
            "lazaret_verdicts_total", "counter", "Objects judged, by verdict.",
            Verdict.allCases.map { ("{verdict=\"\($0.rawValue)\"}", Int64(verdicts[$0] ?? 0)) })
        family(
            "lazaret_jobs_total", "counter", "Jobs that ended, by outcome.",
            Outcome.Kind.allCases.map { kind in
                ("{outcome=\"\(kind.rawValue)\"}", Int64(kind == .settled ? settled : otherOutcomes[kind] ?? 0))
            })
        family("lazaret_bytes_total", "counter", "Bytes of judged objects.", [("", bytes)])
        family("lazaret_duplicates_total", "counter", "Deliveries of jobs that had ended.", [("", Int64(duplicates))])
        family("lazaret_attempts_failed_total", "counter", "Attempts that left their job open.", [("", Int64(retries))])
        family("lazaret_unreadable_total", "counter", "Messages that could not be read.", [("", Int64(unreadable))])
        family("lazaret_jobs_running", "gauge", "Jobs under way.", [("", Int64(running))])
        return page
    }
}
