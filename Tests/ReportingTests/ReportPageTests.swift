import Domain
import Foundation
import Ledger
import Reporting
import TestKit
import Testing

@Suite struct ReportPageTests {
    @Test(arguments: hostileTexts) func `a hostile text is inert on the page`(text: String) throws {
        let page = page(hostileReport(text))

        #expect(!page.lowercased().contains("<script"))
        #expect(!page.contains("<img"))
        #expect(page.components(separatedBy: "</style>").count == 2)
        let controls = page.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
        #expect(controls.isEmpty)
        #expect(!page.unicodeScalars.contains { $0.properties.generalCategory == .format })
    }

    /// The page is written so that an XML parser reads it too, but for the one void element.
    @Test(arguments: hostileTexts) func `each text is one text of the document`(text: String) throws {
        let script = """
            import sys, xml.etree.ElementTree as tree
            root = tree.fromstring(sys.stdin.read().replace('<!DOCTYPE html>', ''))
            print(' '.join(sorted({element.tag for element in root.iter()})))
            print(sum(1 for element in root.iter('td')))
            """
        func elements(_ text: String) throws -> String {
            let xml = page(hostileReport(text)).replacingOccurrences(
                of: "<meta([^>]*)>", with: "<meta$1/>", options: .regularExpression)
            return String(
                decoding: try Tool.run(["python3", "-c", script], input: Array(xml.utf8)).output, as: UTF8.self)
        }
        let hostile = try elements(text)
        #expect(!hostile.isEmpty)
        #expect(try elements("plain") == hostile)
    }

    @Test(arguments: [3, 24, 25, 30 * 24, 365 * 24] as [Int64]) func `no name below a chart is cut`(
        hours: Int64
    ) throws {
        let since = november.since
        let period = try #require(ReportPeriod(since: since, until: since.advanced(by: .seconds(3600 * hours))))
        let page = page(report([Sample(number: 1, minutes: 5)], period: period))
        let names = page.matches(of: #/<text x="([0-9]+)" y="[0-9]+">([^<]+)</text>/#)
        #expect(names.count > 1)
        for name in names { #expect(Int(name.1)! + 6 * name.2.count <= 740, "\(name.0)") }
    }

    @Test func `the same jobs give the same bytes, in whatever order they are added`() {
        let samples = (1...40).map { number in
            Sample(
                number: number, minutes: Int64(number) * 700, verdict: number % 3 == 0 ? .infected : .clean,
                findings: number % 3 == 0 ? [Finding(.signature, "S\(number % 7)")] : [],
                disposition: number % 3 == 0 ? .quarantined : .promoted, type: "t\(number % 5)",
                secondsToVerdict: Int64(number))
        }
        #expect(page(report(samples)) == page(report(samples.reversed())))
        #expect(report(samples).json == report(samples.reversed()).json)
    }

    @Test func `a report of nothing says so`() {
        let page = page(report([]))
        #expect(page.contains("No object was judged."))
        #expect(page.contains("None."))
    }

    @Test func `a long list is cut, and the page says how long it was`() {
        let samples = (1...250).map { Sample(number: $0, verdict: nil, outcome: .failed(reason: "KMS", nil)) }
        let page = page(report(samples))
        #expect(page.contains("The newest 200 of 250."))
        #expect(page.components(separatedBy: "uploads/").count > 200)
    }

    @Test func `actions of people stand on the page with their reasons`() {
        let entry = AuditEntry(
            at: after(5), actor: "mara", action: "release", subject: "s3://incoming/a.pdf",
            reason: "a <b>false</b> alarm")
        let old = AuditEntry(at: after(-5), actor: "old", action: "release", subject: "x", reason: "y")
        let page = page(report([], [entry, old]))
        #expect(page.contains("a &lt;b&gt;false&lt;/b&gt; alarm"))
        #expect(!page.contains(">old<"))
    }
}

private func hostileReport(_ text: String) -> Report {
    let name = text.isEmpty ? "x" : text
    let finding = { (kind: Finding.Kind) in Finding(kind, name, detail: name, path: name) }
    return report(
        [
            Sample(
                number: 1, key: name, verdict: .infected, findings: [finding(.signature)], disposition: .kept,
                pipeline: name, principal: name, type: name,
                databases: [SignatureDatabase(name: name, version: 1, built: after(0))]),
            Sample(
                number: 2, verdict: .unscannable, findings: [finding(.limit), finding(.rule)],
                disposition: .quarantined),
            Sample(number: 3, verdict: nil, outcome: .failed(reason: name, nil)),
        ], [AuditEntry(at: after(1), actor: name, action: name, subject: name, reason: name)])
}
