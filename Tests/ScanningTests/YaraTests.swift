import Domain
import Foundation
import Inspection
import Judging
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

/// YARA rules together with ClamAV signatures.
@Suite(.heavy, .timeLimit(.minutes(1)))
struct YaraTests {
    private static let rules = """
        rule Needle { strings: $a = "needle in a haystack" condition: $a }
        rule Pair { strings: $a = "left shoe" $b = "right shoe" condition: all of them }

        """

    private func fixture(_ files: [String: String]) async throws -> ScannerFixture {
        let folder = try ScannerFixture.signatureFolder()
        for (name, text) in files { try folder.write(name, Array(text.utf8)) }
        // The folder is deleted when this returns. The loaded signatures stay in use.
        return try await ScannerFixture {
            $0.signatures = folder.path
            $0.signatureInterval = nil
        }
    }

    @Test(arguments: ["rules.yar", "rules.yara", "RULES.YAR"])
    func `rules load beside signatures and are counted`(name: String) async throws {
        let fixture = try await fixture([name: Self.rules])
        #expect(fixture.engine.signatureCount == 3)
        let counts = Dictionary(uniqueKeysWithValues: fixture.engine.databases.map { ($0.name, $0.signatures) })
        #expect(counts == ["test.ndb": 1, name: 2])
        #expect(fixture.engine.signatures.contains("\(name) (2 signatures)"))
        _ = await fixture.scanners.stop()
    }

    @Test func `a rule matches an object and a member of an archive`() async throws {
        let fixture = try await fixture(["rules.yar": Self.rules])
        let text = "They found the needle in a haystack.\n"
        let archive = try python(
            """
            import zipfile
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("note.txt", data)
            sys.stdout.buffer.write(out.getvalue())
            """, input: Array(text.utf8))
        for bytes in [Array(text.utf8), archive] {
            let findings = try await fixture.scan(bytes).findings
            #expect(Verdict(of: findings) == .infected)
            #expect(findings.count == 1 && findings.first?.name.contains("Needle") == true, "\(findings)")
        }
        let half = try await fixture.scan(Array("a left shoe alone\n".utf8))
        #expect(Verdict(of: half.findings) == .clean)
        #expect(Verdict(of: try await fixture.scan(eicar).findings) == .infected)
        _ = await fixture.scanners.stop()
    }

    /// libclamav reports success for each of these.
    static let brokenFiles: [(String, text: String, reason: String)] = [
        ("an unknown string", #"rule A { strings: $a = "abcdef" condition: $b }"#, "undefined string"),
        ("one bad rule of two", rules + #"rule A { strings: $a = "abcdef" condition: $b }"#, "undefined string"),
        ("a cut end", #"rule A { strings: $a = "abc"#, "syntax error"),
        ("no rules at all", "This is a text.\n", "syntax error"),
        ("an empty file", "", "empty database file"),
        ("a comment alone", "// to be written\n", "empty database file"),
        ("a module that is not there", "import \"pe\"\nrule A { condition: pe.is_dll() }", "undefined identifier"),
        ("a rule without strings", "rule A { condition: filesize > 1000 }", "no supported strings"),
        ("the same rule twice", rules + rules, "duplicate identifier"),
        ("an include that is not there", "include \"nowhere.yar\"\n" + rules, "nowhere.yar"),
    ]

    @Test(arguments: brokenFiles.indices) func `a file that does not load all its rules is refused by name`(index: Int)
        async throws
    {
        let (name, text, reason) = Self.brokenFiles[index]
        let error = await #expect(throws: ScannerError.self) { _ = try await fixture(["slip.yar": text]) }
        #expect(error?.code == .start)
        #expect(error?.message.contains("slip.yar cannot be loaded") == true, "\(name): \(String(describing: error))")
        #expect(error?.message.contains(reason) == true, "\(name): \(String(describing: error))")
    }

    @Test func `an included file counts with the one that includes it`() async throws {
        let fixture = try await fixture(["top.yar": "include \"below.rules\"\n", "below.rules": Self.rules])
        #expect(fixture.engine.databases.first { $0.name == "top.yar" }?.signatures == 2)
        #expect(try await fixture.scan(Array("the needle in a haystack".utf8)).findings.count == 1)
        _ = await fixture.scanners.stop()
    }

    @Test func `a match of a YARA rule is reported by the rule's name`() async throws {
        let fixture = try await ScannerFixture(adding: [
            "own.yara": #"rule Two_Words { strings: $a = "seven purple parrots" condition: $a }"#
        ])
        let report = try await fixture.scan(Array("here sit seven purple parrots\n".utf8))
        #expect(report.findings == [Finding(.signature, "Two_Words", detail: "YARA")])
        #expect(report.evidence.databases.map(\.name).sorted() == ["own.yara", "test.ndb"])
        _ = await fixture.scanners.stop()
    }
}
