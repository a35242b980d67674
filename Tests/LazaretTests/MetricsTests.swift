import Domain
import Intake
import Testing
import Transfer
import Worker

struct MetricsTests {
    @Test func `the metrics are in the Prometheus text format`() {
        #expect(Self.counts.metrics == Self.page)
    }

    private static var counts: Progress.Counts {
        var counts = Progress().counts
        counts.runningIn = [.live: 2]
        counts.settled = 5
        counts.bytes = 6_000_000_000
        counts.verdicts = [.clean: 3, .infected: 2]
        counts.otherOutcomes = [.gone: 1, .failed: 4]
        counts.duplicates = 7
        counts.retries = 8
        counts.unreadable = 9
        counts.handedBack = 10
        counts.lastSettled = Timestamp(milliseconds: 1_795_248_600_999)
        counts.oldestRunning = .milliseconds(12_900)
        var times = Histogram()
        for milliseconds in [50, 51, 2500, 1_800_000, 1_800_001] { times.add(.milliseconds(milliseconds)) }
        counts.times = [.infected: times]
        return counts
    }

    private static var page: String {
        """
        # HELP lazaret_verdicts_total Objects judged, by verdict.
        # TYPE lazaret_verdicts_total counter
        lazaret_verdicts_total{verdict="clean"} 3
        lazaret_verdicts_total{verdict="rejected"} 0
        lazaret_verdicts_total{verdict="unscannable"} 0
        lazaret_verdicts_total{verdict="infected"} 2
        # HELP lazaret_verdicts_reused_total Objects judged without a scan, since another job vouches for the same bytes.
        # TYPE lazaret_verdicts_reused_total counter
        lazaret_verdicts_reused_total 0
        # HELP lazaret_jobs_total Jobs that ended, by outcome.
        # TYPE lazaret_jobs_total counter
        lazaret_jobs_total{outcome="settled"} 5
        lazaret_jobs_total{outcome="gone"} 1
        lazaret_jobs_total{outcome="superseded"} 0
        lazaret_jobs_total{outcome="failed"} 4
        lazaret_jobs_total{outcome="unmatched"} 0
        lazaret_jobs_total{outcome="marker"} 0
        # HELP lazaret_bytes_total Bytes of judged objects.
        # TYPE lazaret_bytes_total counter
        lazaret_bytes_total 6000000000
        # HELP lazaret_duplicates_total Messages of jobs that had already ended.
        # TYPE lazaret_duplicates_total counter
        lazaret_duplicates_total 7
        # HELP lazaret_attempts_failed_total Attempts that failed and left their job open.
        # TYPE lazaret_attempts_failed_total counter
        lazaret_attempts_failed_total 8
        # HELP lazaret_handed_back_total Jobs handed back because the worker was stopping.
        # TYPE lazaret_handed_back_total counter
        lazaret_handed_back_total 10
        # HELP lazaret_unreadable_total Messages that could not be read.
        # TYPE lazaret_unreadable_total counter
        lazaret_unreadable_total 9
        # HELP lazaret_jobs_running Running jobs, by lane.
        # TYPE lazaret_jobs_running gauge
        lazaret_jobs_running{lane="live"} 2
        lazaret_jobs_running{lane="backfill"} 0
        # HELP lazaret_oldest_job_seconds For how long the job that was started first has been running.
        # TYPE lazaret_oldest_job_seconds gauge
        lazaret_oldest_job_seconds 12
        # HELP lazaret_last_settled_seconds When a job was settled last, in seconds since 1970.
        # TYPE lazaret_last_settled_seconds gauge
        lazaret_last_settled_seconds 1795248600
        # HELP lazaret_job_seconds From the first receipt of a job's message until it was settled, by verdict.
        # TYPE lazaret_job_seconds histogram

        """ + Self.times("clean", []) + Self.times("rejected", []) + Self.times("unscannable", [])
            + Self.times("infected", [1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4], all: 5, sum: "3602.602")
    }

    private static func times(_ verdict: String, _ counts: [Int], all: Int = 0, sum: String = "0") -> String {
        let bounds = ["0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "300", "1800"]
        var text = ""
        for (index, bound) in bounds.enumerated() {
            let count = counts.isEmpty ? 0 : counts[index]
            text += "lazaret_job_seconds_bucket{verdict=\"\(verdict)\",le=\"\(bound)\"} \(count)\n"
        }
        text += "lazaret_job_seconds_bucket{verdict=\"\(verdict)\",le=\"+Inf\"} \(all)\n"
        text += "lazaret_job_seconds_sum{verdict=\"\(verdict)\"} \(sum)\n"
        return text + "lazaret_job_seconds_count{verdict=\"\(verdict)\"} \(all)\n"
    }

    @Test func `a store's abilities are metrics by bucket`() {
        let capabilities = StoreCapabilities()
        capabilities.learn([.ranges: .kept, .tags: .ignored], bucket: "incoming")
        let lines = capabilities.metrics.split(separator: "\n")
        #expect(
            lines.suffix(2) == [
                #"lazaret_store_ability{bucket="incoming",ability="ranges"} 1"#,
                #"lazaret_store_ability{bucket="incoming",ability="tags"} 0"#,
            ])
        #expect(lines.count == 4 && lines.prefix(2).allSatisfy { $0.hasPrefix("#") })
    }
}
