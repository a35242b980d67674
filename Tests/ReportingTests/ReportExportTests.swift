import Domain
import Foundation
import Ledger
import Reporting
import Support
import TestKit
import Testing

@Suite struct ReportExportTests {
    /// Python's csv module reads the file as a spreadsheet would.
    @Test func `no cell of a CSV file is a formula, and each text stays in its cell`() throws {
        var bytes = JobRecord.csvHeadings.bytes
        for (number, text) in hostileTexts.enumerated() {
            let finding = Finding(.signature, text, detail: text, path: text)
            let sample = Sample(
                number: number + 1, key: text, verdict: .infected, findings: [finding], pipeline: text,
                principal: text, type: text)
            bytes += sample.record.csvRow.bytes
        }
        let script = """
            import csv, io, sys
            rows = list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(), newline='')))
            assert len({len(row) for row in rows}) == 1, {len(row) for row in rows}
            for row in rows[1:]:
                for cell in row:
                    assert cell.strip()[:1] not in ('=', '+', '-', '@', '\\uff1d'), cell
                    assert not any(ord(letter) < 32 for letter in cell), cell
            print(len(rows))
            """
        let tool = try Tool.run(["python3", "-c", script], input: bytes)
        #expect(
            String(decoding: tool.output, as: UTF8.self).trimmingCharacters(in: .newlines)
                == "\(hostileTexts.count + 1)")
    }

    @Test func `an infected object is a finding of OCSF's class 2004`() throws {
        let sample = Sample(
            verdict: .infected, findings: [Finding(.signature, "Eicar-Test-Signature", path: "report.zip/a.exe")],
            disposition: .quarantined)
        let line = try #require(sample.record.ocsfLine(version: "1.0"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = try decoder.decode(FindingLine.self, from: Data(line))

        #expect(json.classUid == 2004)
        #expect(json.typeUid == 200_401)
        #expect(json.severityId == 4)
        #expect(json.dispositionId == 3)
        #expect(json.malware.first?.path == "report.zip/a.exe")
        #expect(json.findingInfo.uid == sample.record.job.id.text)
    }

    @Test(arguments: [
        (ReviewState?.none, 1, 1), (.pending, 1, 1), (.held, 2, 2), (.released, 3, 3), (.deleted, 4, 3),
    ])
    func `a review gives the finding its status`(_ review: ReviewState?, status: Int, activity: Int) throws {
        var record = Sample(verdict: .infected, findings: [Finding(.signature, "X")], disposition: .quarantined).record
        record.review = review
        let line = try #require(record.ocsfLine(version: "1.0"))
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.contains(#""status_id":\#(status),"#))
        #expect(text.contains(#""type_uid":20040\#(activity),"#))
    }

    @Test func `a clean object and one without a verdict are no finding`() {
        #expect(Sample().record.ocsfLine(version: "1.0") == nil)
        #expect(Sample(verdict: nil, outcome: .gone).record.ocsfLine(version: "1.0") == nil)
    }

    /// `py-ocsf-models` checks each line against the framework's classes.
    @Test func `each finding is valid by the models of OCSF`() throws {
        var lines: [UInt8] = []
        for (number, text) in hostileTexts.enumerated() {
            for verdict in Verdict.allCases where verdict != .clean {
                let kind: Finding.Kind =
                    switch verdict {
                    case .infected: .signature
                    case .unscannable: .limit
                    default: .rule
                    }
                let sample = Sample(
                    number: number + 1, key: text, size: number % 2 == 0 ? nil : 7, verdict: verdict,
                    findings: [Finding(kind, text, path: text)], disposition: Disposition.allCases[number % 4],
                    principal: number % 3 == 0 ? nil : text, type: text)
                lines += try #require(sample.record.ocsfLine(version: "1.0")) + [0x0A]
            }
        }
        let script = """
            import json, sys
            from py_ocsf_models.events.findings.detection_finding import DetectionFinding
            count = 0
            for line in sys.stdin.buffer.read().decode().split('\\n'):
                if line:
                    finding = DetectionFinding.model_validate(json.loads(line))
                    assert finding.metadata.version == '1.6.0' and finding.class_uid == 2004
                    count += 1
            print(count)
            """
        let tool = try Tool.run([Project.python, "-c", script], input: lines)
        #expect(
            String(decoding: tool.output, as: UTF8.self).trimmingCharacters(in: .newlines)
                == "\(hostileTexts.count * 3)")
    }
}

private struct FindingLine: Decodable {
    struct Malware: Decodable { let path: String }
    struct Info: Decodable { let uid: String }

    let classUid: Int
    let typeUid: Int
    let severityId: Int
    let dispositionId: Int
    let malware: [Malware]
    let findingInfo: Info
}
