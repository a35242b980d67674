import Domain
import Ledger
import Reporting

let day = Timestamp(iso8601: "2026-11-01")!
let november = ReportPeriod(since: day, until: Timestamp(iso8601: "2026-12-01")!)!

func after(_ minutes: Int64) -> Timestamp { Timestamp(milliseconds: day.milliseconds + minutes * 60_000) }

/// Texts that would be markup, a formula, a terminal sequence or a change of direction if they were not made inert.
let hostileTexts = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'--></style><script>", "</td></table><h1>x",
    "=cmd|'/C calc'!A0", "+1+1", "-2", "@SUM(A1)", " \t=1+1", "\u{FF1D}1+1", "\r\n=1", "a\nb", "\u{1B}[31mred",
    "\u{202E}gpj.exe", "\u{2066}x", "a,\"b\";c", "&lt;b&gt;", "\u{0}", "{{7*7}}", "javascript:alert(1)",
]

struct Sample {
    var number = 1
    var minutes: Int64 = 1
    var key: String?
    var size: Int64? = 100
    var verdict: Verdict? = .clean
    var findings: [Finding] = []
    var disposition: Disposition? = .promoted
    var outcome: Outcome?
    var pipeline: String? = "uploads"
    var principal: String? = "AWS:AIDAEXAMPLE"
    var type = "image/png"
    var secondsToVerdict: Int64 = 2
    var databases = [SignatureDatabase(name: "daily.cld", version: 27_000, built: after(-1440))]

    var record: JobRecord {
        let digits = String(number, radix: 16)
        let id = JobID(String(repeating: "0", count: 32 - digits.count) + digits)!
        let object = ObjectVersion(
            bucket: "incoming", key: ObjectKey(key ?? "uploads/\(number).png")!, versionID: "v\(number)", etag: "e")
        let event = Event(
            object: object, size: size, sequencer: "00\(number)", time: after(minutes), name: "ObjectCreated:Put",
            uploader: Uploader(principal: principal, sourceIP: "192.0.2.7", requestID: "R"))
        var record = JobRecord(
            job: Job(id: id, event: event), pipeline: pipeline, outcome: outcome, firstReceivedAt: after(minutes))
        if let verdict {
            let judgement = Judgement(
                verdict: verdict, findings: findings,
                evidence: Evidence(
                    bytesRead: size ?? 0, sha256: String(repeating: "ab", count: 32), declaredType: "image/png",
                    detectedType: type, engine: "ClamAV 1.4.6", databases: databases, objects: 3))
            record.judgement = judgement
            record.judgedAt = Timestamp(milliseconds: after(minutes).milliseconds + secondsToVerdict * 1000)
            if let disposition, outcome == nil {
                let location = ObjectLocation(bucket: "permanent", key: object.key)
                record.outcome = .settled(
                    judgement, disposition, disposition == .kept ? nil : Destination(location, versionID: "x"))
                record.finishedAt = record.judgedAt
            }
        }
        if case .failed(let reason, _) = outcome { record.error = reason }
        return record
    }
}

func report(_ samples: [Sample], _ entries: [AuditEntry] = [], period: ReportPeriod = november) -> Report {
    let head = ChainHead(sequence: 7, hash: String(repeating: "9f", count: 32), at: period.since)
    var report = Report(period: period, head: head)
    for sample in samples { report.add(sample.record) }
    for entry in entries { report.add(entry) }
    return report
}

func page(_ report: Report) -> String {
    String(decoding: ReportPage(report, version: "1.0").html.document, as: UTF8.self)
}
