import Domain
import Foundation
import Inspection
import Judging
import TestKit
import Testing

/// Scans the hostile zoo. `LAZARET_ZOO=bomb/` selects files of one kind; `LAZARET_ZOO_LARGE=1` adds those that take a
/// minute each; `LAZARET_ZOO_MATCHING=filtered` filters the signatures; `LAZARET_ZOO_REPORT=FILE` writes one line per
/// file with its result.
@Suite(.heavy, .timeLimit(.minutes(10)), .serialized) struct ZooTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func `every file of the zoo gets the expected verdict and reason`() async throws {
        let zoo = try await ZooFixture()
        let (expectations, unused) = ZooExpectations.expectations(for: zoo.animals.map(\.name))
        #expect(unused.isEmpty, "expectations without a file in the zoo")
        let unknown = zoo.animals.map(\.name).filter { expectations[$0] == nil }
        #expect(unknown.isEmpty, "files of the zoo without an expectation")

        var chosen = zoo.animals.filter { $0.name.hasPrefix(Self.environment["LAZARET_ZOO"] ?? "") }
        if Self.environment["LAZARET_ZOO_LARGE"] == nil {
            chosen.removeAll { $0.name.hasPrefix("large/") && Int($0.limits.timeout ?? 0) > 120_000 }
        }
        let results = try await Self.scanAll(chosen, width: ZooFixture.children) { try await zoo.scan($0) }
        for (animal, report) in results {
            let fault = expectations[animal.name]?.fault(of: report)
            if let reason = ZooKnownIssues.reason(animal.name) {
                withKnownIssue("\(animal.name): \(reason)") { #expect(fault == nil) }
            } else {
                #expect(fault == nil, "\(animal.name): \(report.findings)")
            }
        }
        let lines = results.map { animal, report in
            let fault = expectations[animal.name]?.fault(of: report)
            return "\(fault == nil ? "ok" : "WRONG")\t\(animal.name)\t\(fault ?? "")\t\(Self.line(report))"
        }
        try Self.write(lines, as: "animals")
        _ = await zoo.scanners.stop()
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: ZooFixture.testfiles),
            "Debian's clamav-testfiles is not installed"))
    func `every test file of ClamAV is found`() async throws {
        let zoo = try await ZooFixture.forTestfiles()
        let names = try FileManager.default.contentsOfDirectory(atPath: ZooFixture.testfiles).sorted()
        let results = try await Self.scanAll(names, width: ZooFixture.children) {
            try await zoo.scan(file: "\(ZooFixture.testfiles)/\($0)")
        }
        for (name, report) in results {
            let found = report.findings.contains { $0.kind == .signature && $0.name == "ClamAV.Test.File.UNOFFICIAL" }
            #expect(found, "\(name): \(report.findings)")
        }
        try Self.write(results.map { "\($0)\t\(Self.line($1))" }, as: "testfiles")
        _ = await zoo.scanners.stop()
    }

    /// Returns the reports in the order of the subjects.
    private static func scanAll<Subject: Sendable>(
        _ subjects: [Subject], width: Int, scan: @escaping @Sendable (Subject) async throws -> ScanReport
    ) async throws -> [(Subject, ScanReport)] {
        try await withThrowingTaskGroup(of: (Int, ScanReport).self) { group in
            var reports: [ScanReport?] = Array(repeating: nil, count: subjects.count)
            for (number, subject) in subjects.enumerated() {
                if number >= width, let (done, report) = try await group.next() { reports[done] = report }
                group.addTask { (number, try await scan(subject)) }
            }
            for try await (done, report) in group { reports[done] = report }
            return zip(subjects, reports).compactMap { subject, report in report.map { (subject, $0) } }
        }
    }

    private static func line(_ report: ScanReport) -> String {
        let findings = report.findings.map { "\($0.kind.rawValue):\($0.name)(\($0.detail))" }.joined(separator: " ")
        let types = ([report.evidence.detectedType ?? "-"] + report.secondTypes).joined(separator: "+")
        return "\(Verdict(of: report.findings))\t\(types)\t\(report.evidence.scanMilliseconds ?? 0) ms\t\(findings)"
    }

    private static func write(_ lines: [String], as kind: String) throws {
        guard let path = environment["LAZARET_ZOO_REPORT"] else { return }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: "\(path).\(kind)"))
    }
}
