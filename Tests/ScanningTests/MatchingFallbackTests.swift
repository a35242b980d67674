import Domain
import Foundation
import Glibc
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import Support
import TestKit
import Testing

/// When a scanner that was asked to filter signatures matches all of them.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct MatchingFallbackTests {
    /// Starts a scanner, expects that it filters nothing for this reason, and that it finds what it must.
    private func expectWhole(
        _ reason: String, adding files: [String: String] = [:],
        configuring configure: (inout ScannerConfiguration) -> Void = { _ in }
    ) async throws {
        let fixture = try await ScannerFixture(adding: files) {
            $0.matching = .filtered
            configure(&$0)
        }
        let matching = fixture.engine.matching
        #expect(!matching.isFiltered && matching.obstacle.contains(reason), "\(matching.obstacle)")
        #expect(fixture.scanners.engines == [fixture.engine.engine])
        let report = try await fixture.scan(eicar)
        #expect(report.findings.contains { $0.name == ScannerFixture.signatureName })
        #expect(report.evidence.engine == fixture.engine.engine)
        #expect(try await fixture.scan(Array("no pattern in here\n".utf8)).evidence.engine == fixture.engine.engine)
        _ = await fixture.scanners.stop()
    }

    /// libclamav finds its own matcher, as it would if it called it directly.
    @Test func `a library that does not show what it matches`() async throws {
        let folder = Folder()
        let path = "\(folder.path)/lazaret-scanner"
        var program = try Data(contentsOf: URL(filePath: ScannerBinary.path))
        // In the table of dynamic symbols' names, which is the first.
        let name = try #require(program.range(of: Data("\0cli_ac_scanbuff\0".utf8)))
        program[name.lowerBound + 1] = UInt8(ascii: "x")
        try program.write(to: URL(filePath: path))
        try #require(chmod(path, 0o755) == 0)
        try await expectWhole("does not let a program see what it matches") { $0.executable = path }
    }

    @Test func `signatures that change while they are loaded`() async throws {
        let rows = (0..<20_000).map { "Changing-\($0):0:*:\(String(format: "%08x", $0))a1b2c3d4e5f60718" }
        let changes = Locked<Task<Void, Never>?>(nil)
        try await expectWhole("changed while they were loaded", adding: ["rows.ndb": rows.joined(separator: "\n")]) {
            let path = $0.signatures + "/rows.ndb"
            changes.withLock { task in
                task = Task.detached {
                    while !Task.isCancelled {
                        utimes(path, nil)
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                }
            }
        }
        changes.withLock { $0?.cancel() }
    }

    private static let long = String(repeating: "a1b2c3d4", count: 1010)
    private static let longPatterns: [(file: String, rows: String)] = [
        ("long.ldb", "Long;Engine:81-255,Target:0;0;a1b2c3d4e5f60718\(String(repeating: "{120}a1", count: 40))\n"),
        ("long.yar", "rule Long { strings: $a = { \(long) } condition: $a }\n"),
        ("long.db", "Long=\(long)\n"),
    ]

    @Test(arguments: longPatterns)
    func `a pattern that is longer than the buffers overlap`(file: String, rows: String) async throws {
        try await expectWhole("longer than 4000 bytes", adding: [file: rows])
    }

    @Test func `rules and old patterns that fit are no obstacle`() async throws {
        let fitting = Self.long.prefix(7900)
        let files = ["a.yar": "rule A { strings: $a = { \(fitting) } condition: $a }\n", "a.db": "A=\(fitting)\n"]
        let fixture = try await ScannerFixture(adding: files) { $0.matching = .filtered }
        #expect(fixture.engine.matching.isFiltered, "\(fixture.engine.matching.obstacle)")
        _ = await fixture.scanners.stop()
    }
}
