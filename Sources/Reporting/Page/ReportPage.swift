internal import Domain
internal import Ledger

/// A report as one HTML file: without scripts, without addresses, in light, dark and on paper.
package struct ReportPage {
    private let report: Report
    private let version: String

    /// - Parameter version: of Lazaret.
    package init(_ report: Report, version: String) {
        self.report = report
        self.version = version
    }

    package var html: HTML {
        tag(.html, [.init(.lang, "en")]) {
            tag(.head) {
                tag(.meta, [.init(.charset, "utf-8")])
                tag(.meta, [.init(.name, "viewport"), .init(.content, "width=device-width, initial-scale=1")])
                tag(.title, title)
                HTML.styleSheet(ReportStyle.sheet)
            }
            tag(.body) {
                header
                tag(.main) {
                    summary
                    sections
                }
                footer
            }
        }
    }

    private var title: String { "Lazaret report, \(report.period.since.date) to \(report.period.until.date)" }

    private var header: HTML {
        tag(.header) {
            tag(.h1, "Quarantine report")
            tag(.p, "Uploads received from \(report.period.since) until before \(report.period.until), in UTC.")
        }
    }

    private var summary: HTML {
        tag(.section, [.init(.class, "summary"), .init(.label, "Summary")]) {
            figure("received", report.all, "all")
            for verdict in Verdict.allCases.reversed() {
                figure(verdict.rawValue, report.verdicts[verdict] ?? Count(), verdict.rawValue)
            }
            figure("failed", report.outcomes["failed"] ?? Count(), "failed")
            figure("not finished", report.outcomes["open"] ?? Count(), "open")
        }
    }

    private func figure(_ name: String, _ count: Count, _ style: String) -> HTML {
        tag(.div, [.init(.class, "card \(style)")]) {
            tag(.span, [.init(.class, "name")], name)
            tag(.strong, grouped(count.objects))
            tag(.small, byteText(count.bytes))
        }
    }

    @HTMLBuilder private var sections: [HTML] {
        section("verdicts", "Verdicts") {
            verdictChart
            ReportTable.dispositions(report).html
            ReportTable.outcomes(report).html
            ReportTable.slots(report).html
        }
        section("findings", "What was found") {
            ReportTable.ranked("Signatures", "signature", report.signatures, of: report.all).html
            ReportTable.ranked("Rules of the pipelines", "rule", report.rules, of: report.all).html
        }
        section("unscanned", "Refused or let through without a whole scan") {
            ReportTable.ranked("Refused as unscannable", "reason", report.refusedUnscanned, of: report.all).html
            ReportTable.ranked("Let through", "reason", report.letThrough, of: report.all).html
            ReportTable.jobs("The objects let through", report.letThroughJobs).html
            remark(on: report.letThroughJobs)
        }
        section("origin", "Types, pipelines, uploaders") {
            ReportTable.ranked("Detected types", "type", report.types, of: report.all).html
            ReportTable.ranked("Pipelines", "pipeline", report.pipelines, of: report.all).html
            ReportTable.uploaders(report).html
        }
        section("time", "Time to verdict") {
            ReportTable.times(report.timeToVerdict).html
            ReportTable.timeSteps(report.timeToVerdict).html
        }
        section("engine", "Engine and signatures") {
            ageChart
            ReportTable.signatureAges(report).html
            ReportTable.ranked("Engines", "engine", report.engines, of: report.all).html
        }
        section("review", "What people did") {
            ReportTable.actions(report.actions).html
            remark(on: report.actions)
        }
        section("left", "What is left") {
            ReportTable.reviews(report).html
            ReportTable.jobs("Failed", report.failed).html
            remark(on: report.failed)
            ReportTable.jobs("Stranded: not finished, and the queue holds no message for them", report.stranded).html
            remark(on: report.stranded)
        }
    }

    private func section(_ id: String, _ title: String, @HTMLBuilder _ content: () -> [HTML]) -> HTML {
        .element(.section, [.init(.id, id)], [tag(.h2, title)] + content())
    }

    @HTMLBuilder private func remark<Element>(on list: BoundedList<Element>) -> [HTML] {
        if list.count > Int64(list.elements.count) {
            tag(
                .p, [.init(.class, "none")],
                "The newest \(list.elements.count) of \(grouped(list.count)).")
        }
    }

    private var verdictChart: HTML {
        let slots = Array(report.period.slots)
        func series(_ name: String, _ style: String, _ verdict: Verdict?) -> Chart.Series {
            Chart.Series(name: name, style: style, values: slots.map { report.slots[$0]?[verdict] ?? 0 })
        }
        return Chart(
            title: "Objects by verdict, a bar each \(report.period.step.name)",
            slots: slots.map(report.period.name),
            series: Verdict.allCases.map { series($0.rawValue, $0.rawValue, $0) }
                + [series("no verdict", "open", nil)],
            label: grouped
        ).html
    }

    private var ageChart: HTML {
        let slots = Array(report.period.slots)
        return Chart(
            title: "Greatest age of the newest signed database at a verdict, a bar each \(report.period.step.name)",
            slots: slots.map(report.period.name),
            series: [Chart.Series(name: "age", style: "age", values: slots.map { report.greatestAges[$0] ?? 0 })],
            label: durationText
        ).html
    }

    private var footer: HTML {
        tag(.footer) {
            tag(
                .p,
                "Made by lazaret \(version) from its ledger. A job is counted by when its object's message was first received, with what the ledger holds of it now. Times to verdict are kept to within one part in 128."
            )
            tag(
                .p,
                "Head of the ledger's hash chain: \(report.head.sequence):\(report.head.hash), \(report.head.at). `lazaret ledger verify --from` checks what follows it."
            )
        }
    }
}
