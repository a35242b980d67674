import Domain
import Foundation
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

@testable import Pipelines

/// Honest files of every format that people upload, made by the programs and libraries that people use
/// (`Fixtures/corpus`): each is clean, has no second form, and contradicts none of the types that are declared for it.
@Suite(.heavy, .timeLimit(.minutes(4)))
struct HonestCorpusTests {
    private struct File {
        let name: String
        let bytes: [UInt8]
        var declared: [String]
    }

    private static func files() throws -> [File] {
        let folder = Folder()
        let made = try Tool.run(
            [Project.python, "-B", Project.fixture("corpus"), folder.path])
        try #require(made.status == 0)
        let table = try String(contentsOfFile: folder.path + "/declared.tsv", encoding: .utf8)
        var declared: [String: [String]] = [:]
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: "\t").map(String.init)
            declared[fields[0], default: []].append(fields[1])
        }
        return try declared.keys.sorted().map { name in
            let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)")))
            return File(name: name, bytes: bytes, declared: declared[name] ?? [])
        }
    }

    @Test func `each of at least 400 honest files is clean and may be declared as it is`() async throws {
        let files = try Self.files()
        #expect(files.count >= 400)
        #expect(Set(files.map { $0.name.split(separator: ".").last ?? "" }).count >= 90)
        let fixture = try await ScannerFixture(children: 2)
        await withTaskGroup(of: Void.self) { group in
            for half in [0, 1] {
                group.addTask {
                    for (number, file) in files.enumerated() where number % 2 == half {
                        await Self.expectClean(file, fixture)
                    }
                }
            }
        }
        _ = await fixture.scanners.stop()
    }

    /// The shapes that are read by code of their own: what is in them is inspected as everywhere else.
    @Test func `a signature within an unusual shape is found`() async throws {
        let folder = Folder()
        let script = Project.fixture("corpus") + "/unusual.py"
        let made = try Tool.run([Project.python, "-B", script, folder.path, hexadecimalText(eicar)])
        try #require(made.status == 0)
        // A meeting has no attachment.
        let names = folder.names.filter { $0 != "unusual-winmail-meeting.dat" }.sorted()
        #expect(names.count >= 45)
        let fixture = try await ScannerFixture()
        for name in names {
            let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)")))
            let report = try await fixture.scan(bytes)
            #expect(Verdict(of: report.findings) == .infected, "\(name): \(report.findings)")
        }
        _ = await fixture.scanners.stop()
    }

    private static func expectClean(_ file: File, _ fixture: ScannerFixture) async {
        do {
            let report = try await fixture.scan(file.bytes)
            #expect(Verdict(of: report.findings) == .clean, "\(file.name): \(report.findings)")
            #expect(report.secondTypes == [], "\(file.name)")
            let detected = report.evidence.detectedType ?? ""
            let type = try #require(MediaType(detected), "\(file.name): \(detected)")
            for declared in file.declared {
                #expect(
                    TypeAgreement(declared: declared, detected: type) != .contradicts,
                    "\(file.name): \(declared), and the bytes are \(detected)")
            }
        } catch { Issue.record("\(file.name): \(error)") }
    }
}
