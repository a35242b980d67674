import Domain
import Intake
import Testing
import Transfer
import Worker

struct MetricsTests {
    @Test func `the metrics are in the Prometheus text format`() {
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
        #expect(
            counts.metrics == """
                # HELP lazaret_verdicts_total Objects judged, by verdict.
                # TYPE lazaret_verdicts_total counter
                lazaret_verdicts_total{verdict="clean"} 3
                lazaret_verdicts_total{verdict="rejected"} 0
                lazaret_verdicts_total{verdict="unscannable"} 0
                lazaret_verdicts_total{verdict="infected"} 2
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

                """)
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
