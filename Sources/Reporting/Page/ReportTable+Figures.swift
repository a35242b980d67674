internal import Domain
internal import Ledger

/// The tables of figures.
extension ReportTable {
    /// The most rows of a ranked table.
    private static let maximumRows = 30

    static func ranked(_ title: String, _ name: String, _ counts: RankedCounts, of all: Count) -> ReportTable {
        var rows = counts.top(maximumRows).map { row(printableName($0.text), $0.count, all) }
        let hidden = counts.counts.count - rows.count
        if hidden > 0 { rows.append(["\(grouped(Int64(hidden))) more", "", "", "", "", ""]) }
        if counts.rest.objects > 0 { rows.append(row("all others", counts.rest, all)) }
        return ReportTable(
            title: title,
            columns: [
                .words(name), .figures("objects"), .figures("share"), .figures("bytes"), .words("first"),
                .words("last"),
            ], rows: rows)
    }

    static func outcomes(_ report: Report) -> ReportTable {
        let names = Outcome.Kind.allCases.map(\.rawValue) + ["open"]
        return ReportTable(
            title: "How the jobs ended",
            columns: [
                .words("outcome"), .figures("objects"), .figures("share"), .figures("bytes"), .words("first"),
                .words("last"),
            ],
            rows: names.compactMap { name in report.outcomes[name].map { row(name, $0, report.all) } })
    }

    static func dispositions(_ report: Report) -> ReportTable {
        var rows: [[String]] = []
        for verdict in Verdict.allCases.reversed() {
            for disposition in Disposition.allCases {
                guard let count = report.dispositions[.init(verdict: verdict, disposition: disposition)] else {
                    continue
                }
                rows.append([
                    verdict.rawValue, disposition.rawValue, grouped(count.objects), byteText(count.bytes),
                ])
            }
        }
        return ReportTable(
            title: "What was done",
            columns: [.words("verdict"), .words("disposition"), .figures("objects"), .figures("bytes")], rows: rows)
    }

    static func reviews(_ report: Report) -> ReportTable {
        ReportTable(
            title: "Reviews of quarantined objects",
            columns: [
                .words("state"), .figures("objects"), .figures("share"), .figures("bytes"), .words("first"),
                .words("last"),
            ],
            rows: ReviewState.allCases.compactMap { state in
                report.reviews[state].map { row(state.rawValue, $0, report.all) }
            })
    }

    static func slots(_ report: Report) -> ReportTable {
        let verdicts = Verdict.allCases.reversed() as [Verdict]
        let rows = report.period.slots.compactMap { slot -> [String]? in
            guard let counts = report.slots[slot] else { return nil }
            return [report.period.name(of: slot)] + verdicts.map { grouped(counts[$0] ?? 0) }
                + [grouped(counts[nil] ?? 0)]
        }
        return ReportTable(
            title: "Objects by time",
            columns: [.words("from")] + verdicts.map { .figures($0.rawValue) } + [.figures("no verdict")], rows: rows)
    }

    static func uploaders(_ report: Report) -> ReportTable {
        let rows = report.uploaders.top(maximumRows).map { text, count in
            let bad = report.badUploaders.counts[text]?.objects ?? 0
            return [
                printableName(text), grouped(count.objects), byteText(count.bytes), grouped(bad),
                percentText(bad, of: count.objects),
            ]
        }
        return ReportTable(
            title: "Uploaders",
            columns: [
                .words("principal"), .figures("objects"), .figures("bytes"), .figures("not clean"), .figures("share"),
            ], rows: rows)
    }

    static func times(_ times: DurationHistogram) -> ReportTable {
        let rows = [("half within (p50)", 50), ("95 of 100 within (p95)", 95), ("99 of 100 within (p99)", 99)]
            .compactMap { name, percent in times.percentile(percent).map { [name, durationText($0)] } }
        let all = times.count > 0 ? [["all within (max)", durationText(times.maximum)]] : []
        return ReportTable(
            title: "From receipt to verdict", columns: [.words("share"), .figures("time")], rows: rows + all,
            ifEmpty: "No object was judged.")
    }

    /// How many verdicts took how long.
    static func timeSteps(_ times: DurationHistogram) -> ReportTable {
        let steps: [Int64] = [100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000]
        var rows: [[String]] = []
        var before: Int64 = 0
        for step in steps {
            let count = times.count(upTo: step)
            if count > before { rows.append(["within \(durationText(step))", grouped(count - before)]) }
            before = count
        }
        if times.count > before { rows.append(["longer", grouped(times.count - before)]) }
        return ReportTable(
            title: "By duration", columns: [.words("time"), .figures("objects")], rows: rows,
            ifEmpty: "No object was judged.")
    }

    static func signatureAges(_ report: Report) -> ReportTable {
        let rows = report.signatureAges.sorted { $0.key < $1.key }.map { name, age in
            let versions = [age.lowestVersion, age.highestVersion].compactMap(\.self).map { "\($0)" }
            return [
                printableName(name),
                versions.first == versions.last ? versions.first ?? "-" : versions.joined(separator: " to "),
                grouped(age.uses), durationText(age.youngest ?? 0), durationText(age.oldest ?? 0),
            ]
        }
        return ReportTable(
            title: "Signature databases",
            columns: [
                .words("database"), .words("versions"), .figures("verdicts"), .figures("least age"),
                .figures("greatest age"),
            ], rows: rows)
    }

    private static func row(_ name: String, _ count: Count, _ all: Count) -> [String] {
        [
            name, grouped(count.objects), percentText(count.objects, of: all.objects), byteText(count.bytes),
            count.first.map(minute) ?? "", count.last.map(minute) ?? "",
        ]
    }

    /// A name of which the page shows no more than a line or two.
    static func printableName(_ text: String) -> String { text.count > 300 ? text.prefix(299) + "…" : text }

    /// `2026-11-21 08:09`
    static func minute(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }
}
