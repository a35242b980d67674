package import Domain
package import Inspection
package import Intake
package import Notices
package import Transfer

extension Progress.Counts {
    /// The counts in Prometheus' text format (Prometheus documentation, "Exposition formats").
    package var metrics: String {
        var page = MetricsPage()
        page.family(
            "lazaret_verdicts_total", "counter", "Objects judged, by verdict.",
            Verdict.allCases.map { ("{verdict=\"\($0.rawValue)\"}", Int64(verdicts[$0] ?? 0)) })
        page.value(
            "lazaret_verdicts_reused_total", "counter",
            "Objects judged without a scan, since another job vouches for the same bytes.", Int64(reusedVerdicts))
        page.family(
            "lazaret_jobs_total", "counter", "Jobs that ended, by outcome.",
            Outcome.Kind.allCases.map { kind in
                ("{outcome=\"\(kind.rawValue)\"}", Int64(kind == .settled ? settled : otherOutcomes[kind] ?? 0))
            })
        page.value("lazaret_bytes_total", "counter", "Bytes of judged objects.", bytes)
        page.value("lazaret_duplicates_total", "counter", "Messages of jobs that had already ended.", Int64(duplicates))
        page.value(
            "lazaret_attempts_failed_total", "counter", "Attempts that failed and left their job open.", Int64(retries))
        page.value(
            "lazaret_handed_back_total", "counter", "Jobs handed back because the worker was stopping.",
            Int64(handedBack))
        page.value("lazaret_unreadable_total", "counter", "Messages that could not be read.", Int64(unreadable))
        page.family(
            "lazaret_jobs_running", "gauge", "Running jobs, by lane.",
            Lane.allCases.map { ("{lane=\"\($0.rawValue)\"}", Int64(runningIn[$0] ?? 0)) })
        page.value(
            "lazaret_oldest_job_seconds", "gauge", "For how long the job that was started first has been running.",
            oldestRunning.components.seconds)
        page.value(
            "lazaret_last_settled_seconds", "gauge", "When a job was settled last, in seconds since 1970.",
            lastSettled.map { $0.milliseconds / 1000 })
        page.histogram(
            "lazaret_job_seconds", "From the first receipt of a job's message until it was settled, by verdict.",
            Verdict.allCases.map { ("verdict=\"\($0.rawValue)\"", times[$0] ?? Histogram()) })
        return page.text
    }
}

extension IntakeCounters {
    /// Counts of messages, in the same format.
    package var metrics: String {
        var page = MetricsPage()
        page.value(
            "lazaret_dead_letters_total", "counter", "Messages known to have gone to the dead-letter queue.",
            Int64(deadLetters))
        page.value(
            "lazaret_leases_lost_total", "counter", "Messages whose lease was lost before they were settled.",
            Int64(leasesLost))
        page.value(
            "lazaret_acknowledgements_failed_total", "counter",
            "Messages that could not be deleted when they were done, and come again.", Int64(acknowledgementsFailed))
        return page.text
    }
}

extension RetryingLedger {
    /// Whether the ledger can be reached, in the same format.
    package var metrics: String {
        var page = MetricsPage()
        page.value(
            "lazaret_ledger_down", "gauge", "1 while the ledger can't be reached and calls wait for it.", isDown ? 1 : 0
        )
        return page.text
    }
}

extension StoreOutages {
    /// Which buckets can't be used, in the same format.
    package var metrics: String {
        var page = MetricsPage()
        page.family(
            "lazaret_s3_down", "gauge", "1 while the jobs of a bucket wait because S3 can't be used.",
            buckets.map { ("{bucket=\"\($0.name)\"}", $0.isDown ? 1 : 0) })
        return page.text
    }
}

extension StoreCapabilities {
    /// What the stores keep and ignore, in the same format. What is not known yet is left out.
    package var metrics: String {
        var page = MetricsPage()
        page.family(
            "lazaret_store_ability", "gauge",
            "1 if the store of a bucket keeps what a request asks for, 0 if it ignores it.",
            abilities.map { ("{bucket=\"\($0.bucket)\",ability=\"\($0.ability.rawValue)\"}", $0.isKept ? 1 : 0) })
        return page.text
    }
}

extension Scanners {
    /// The state of the scanner and its signatures, in the same format.
    package var metrics: String {
        var page = MetricsPage()
        page.value(
            "lazaret_scanner_down", "gauge", "1 while no scanner is available and nothing is received.",
            isDown ? 1 : 0)
        page.value(
            "lazaret_matching_verified_total", "counter", "Objects that were matched with the filter and without.",
            matchingVerification.verified)
        page.value(
            "lazaret_matching_differences_total", "counter",
            "Objects in which the filter of signatures missed a match.", matchingVerification.differences)
        return page.text + signatures.metrics
    }
}

extension SignatureStatus {
    /// The state of the signatures, in the same format. Times are left out until a set is in use.
    package var metrics: String {
        var page = MetricsPage()
        page.value(
            "lazaret_signature_switches_total", "counter", "Sets of signatures that replaced another set.",
            Int64(switches))
        page.value(
            "lazaret_signature_refusals_total", "counter", "Sets of signatures that were loaded and refused.",
            Int64(refusals))
        page.value(
            "lazaret_signatures_refused", "gauge", "1 while the signature folder holds a refused set.",
            refusal == nil ? 0 : 1)
        page.value(
            "lazaret_signatures_built_seconds", "gauge",
            "When the newest database in use was built, in seconds since 1970.",
            built.map { $0.milliseconds / 1000 })
        page.value(
            "lazaret_signatures_loaded_seconds", "gauge",
            "When the set in use was taken into use, in seconds since 1970.", loaded.map { $0.milliseconds / 1000 })
        return page.text
    }
}

/// The version of a running worker, in the same format.
package func buildMetrics(version: String) -> String {
    var page = MetricsPage()
    page.family("lazaret_build_info", "gauge", "1, with the version.", [("{version=\"\(version)\"}", 1)])
    return page.text
}

extension NoticeDispatcher {
    /// How the destinations of notices do, in the same format.
    ///
    /// - Parameter now: what the age of the oldest notice is counted to.
    package func metrics(at now: Timestamp) -> String {
        var page = MetricsPage()
        func family(_ name: String, _ kind: String, _ help: String, _ value: (Count) -> Int64) {
            page.family(name, kind, help, counts.map { ("{destination=\"\($0.destination)\"}", value($0)) })
        }
        family("lazaret_notices_pending", "gauge", "Notices that wait to be sent, in the ledger, by destination.") {
            Int64($0.pending)
        }
        family("lazaret_notices_oldest_seconds", "gauge", "Age of the oldest notice that waits; 0 if none does.") {
            $0.oldest.map { max(0, now.duration(since: $0).components.seconds) } ?? 0
        }
        family("lazaret_notices_sent_total", "counter", "Notices that this worker sent.") { Int64($0.sent) }
        family("lazaret_notices_failed_total", "counter", "Attempts of this worker to send a notice that failed.") {
            Int64($0.failed)
        }
        family("lazaret_notices_down", "gauge", "1 while a destination can't be used.") { $0.isDown ? 1 : 0 }
        return page.text
    }
}

struct MetricsPage {
    private(set) var text = ""

    mutating func family(_ name: String, _ kind: String, _ help: String, _ samples: [(labels: String, value: Int64)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
    }

    mutating func histogram(_ name: String, _ help: String, _ samples: [(label: String, value: Histogram)]) {
        family(name, "histogram", help, [])
        for sample in samples { text += sample.value.samples(name, sample.label) }
    }

    /// A family of one sample, or of none if there is no value.
    mutating func value(_ name: String, _ kind: String, _ help: String, _ value: Int64?) {
        family(name, kind, help, value.map { [("", $0)] } ?? [])
    }
}
