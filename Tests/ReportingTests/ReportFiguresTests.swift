import Domain
import Ledger
import Reporting
import Testing

@Suite struct ReportFiguresTests {
    @Test func `objects and bytes are counted by verdict, outcome and what was done`() {
        let report = report([
            Sample(number: 1, size: 10), Sample(number: 2, size: 20),
            Sample(
                number: 3, size: 30, verdict: .infected, findings: [Finding(.signature, "Eicar")],
                disposition: .quarantined),
            Sample(number: 4, size: 40, verdict: nil, outcome: .gone),
            Sample(number: 5, size: 50, verdict: nil, disposition: nil),
        ])

        #expect(report.all.objects == 5)
        #expect(report.all.bytes == 150)
        #expect(report.verdicts[.clean]?.bytes == 30)
        #expect(report.verdicts[.infected]?.objects == 1)
        #expect(report.outcomes["gone"]?.objects == 1)
        #expect(report.outcomes["open"]?.objects == 1)
        #expect(report.dispositions[.init(verdict: .infected, disposition: .quarantined)]?.bytes == 30)
        #expect(report.signatures.top(9).map(\.text) == ["Eicar"])
        #expect(report.badUploaders.counts["AWS:AIDAEXAMPLE"]?.objects == 1)
    }

    @Test func `a job counts if it was received in the period, its first instant included and its end not`() {
        let start = november.since.milliseconds
        let period = ReportPeriod(since: november.since, until: Timestamp(milliseconds: start + 60_000))!
        let report = report(
            [Sample(number: 1, minutes: 0), Sample(number: 2, minutes: 1), Sample(number: 3, minutes: -1)],
            period: period)

        #expect(report.all.objects == 1)
        #expect(ReportPeriod(since: november.since, until: november.since) == nil)
    }

    @Test func `an object that nobody vouches for is reported with the reason`() {
        let encrypted = Finding(.note, "encrypted", detail: "a ZIP")
        let report = report([
            Sample(number: 1, findings: [encrypted]),
            Sample(number: 2, verdict: .unscannable, findings: [Finding(.limit, "max-files")], disposition: .promoted),
            Sample(number: 3, verdict: .infected, findings: [Finding(.signature, "X")], disposition: .kept),
            Sample(number: 4, verdict: nil, outcome: .unmatched),
            Sample(number: 5, verdict: nil, outcome: .failed(reason: "KMS", nil)),
            Sample(number: 6, findings: [Finding(.note, "broken-media")]),
            Sample(
                number: 7, verdict: .unscannable, findings: [Finding(.limit, "encrypted")], disposition: .quarantined),
        ])

        #expect(
            report.letThrough.top(9).map(\.text) == [
                "encrypted", "infected, and the pipeline lets it pass", "no pipeline takes it",
                "the job failed, and the object stayed where it was", "unscannable, and the pipeline lets it pass",
            ])
        #expect(report.letThroughJobs.count == 5)
        #expect(report.refusedUnscanned.counts.keys.sorted() == ["encrypted", "max-files"])
    }

    @Test func `hostile numbers end no report`() {
        let built = Timestamp(milliseconds: .max)
        let report = report([
            Sample(number: 1, size: .max, secondsToVerdict: -5), Sample(number: 2, size: .max),
            Sample(
                number: 3, size: .min, databases: [SignatureDatabase(name: "x.cvd", version: 1, built: built)]),
            Sample(
                number: 4,
                databases: [SignatureDatabase(name: "x.cvd", version: 1, built: Timestamp(milliseconds: .min))]),
        ])

        #expect(report.all.bytes == .max)
        #expect(report.timeToVerdict.percentile(50) == 2000)
        #expect(!page(report).isEmpty)
    }

    @Test func `more names than a report keeps are counted together`() {
        var counts = RankedCounts()
        for number in 0..<10_050 { counts.add("name \(number)", bytes: 1, at: after(0)) }

        #expect(counts.counts.count == 10_000)
        #expect(counts.rest.objects == 50)
    }

    @Test(arguments: [1, 50, 95, 99, 100])
    func `a percentile is within one part in 128 of the true one`(percent: Int) throws {
        var histogram = DurationHistogram()
        var values: [Int64] = (0..<5000).map { Int64($0) * Int64($0) % 7_919 * 37 }
        for value in values { histogram.add(milliseconds: value) }
        values.sort()

        let exact = values[max(0, (values.count * percent + 99) / 100 - 1)]
        let found = try #require(histogram.percentile(percent))
        #expect(found >= exact)
        #expect(found <= exact + exact / 127 + 1)
        #expect(histogram.percentile(100) == values.last)
    }

    @Test(arguments: [(1, 24), (14, 56), (60, 60), (365, 53), (1000, 36), (700_000, 1924)])
    func `a period has few slots`(days: Int64, slots: Int) {
        let until = Timestamp(milliseconds: november.since.milliseconds + days * 86_400_000)
        let period = ReportPeriod(since: november.since, until: until)!
        #expect(abs(period.slots.count - slots) <= 1)
    }
}
