import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret scan` on local files.
    @Suite struct LocalScans {
        struct Line: Decodable {
            let path: String
            let verdict: String
            let findings: [JobLine.Finding]
            let type: String?
            let sha256: String?
            let evidence: JobLine.Evidence
        }

        private let folder: TemporaryDirectory

        init() throws { folder = try TemporaryDirectory() }

        private func scan(_ words: [String]) async throws -> Program.Exit {
            try await Program(
                StationFixture.lazaret,
                ["scan", "--signatures", StationFixture.signatures, "--spool", folder.path, "--scanners", "1"] + words,
                environment: ["PATH": "/usr/bin:/bin"], directory: folder.path
            ).exit(within: .seconds(60))
        }

        private func lines(_ exit: Program.Exit) throws -> [Line] {
            try exit.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }

        @Test func `a clean file exits with 0`() async throws {
            try folder.write(Samples.text, to: "notes.txt")
            let exit = try await scan(["notes.txt"])
            #expect(exit.ending == .code(0) && exit.standardError.isEmpty, "\(exit.standardError)")
            #expect(exit.standardOutput == "notes.txt  clean  [text/plain]\n")
        }

        @Test func `a file that is not clean is listed and exits with 1`() async throws {
            try folder.write(Samples.text, to: "notes.txt")
            try folder.write(Eicar.bytes, to: "readme.txt")
            try folder.write(Samples.zip("inner/readme.txt", Eicar.bytes), to: "archive.zip")
            let payslips = Project.root + "/samples/files/payslips.zip"
            let exit = try await scan(["notes.txt", "readme.txt", "archive.zip", payslips])
            #expect(exit.ending == .code(1) && exit.standardError.isEmpty, "\(exit.standardError)")
            let lines = exit.standardOutput.split(separator: "\n")
            try #require(lines.count == 4, "\(exit.standardOutput)")
            #expect(lines[0] == "notes.txt  clean  [text/plain]")
            #expect(lines[1].hasPrefix("readme.txt  infected: Lazaret.Demo.EICAR.UNOFFICIAL"))
            #expect(lines[2].hasPrefix("archive.zip  infected: Lazaret.Demo.EICAR.UNOFFICIAL"))
            #expect(lines[3].hasPrefix("\(payslips)  unscannable: encrypted"))
            #expect(lines[3].hasSuffix("[application/zip]"))
        }

        @Test func `a line of JSON has the evidence`() async throws {
            try folder.write(Eicar.bytes, to: "readme.txt")
            try folder.write([], to: "empty.txt")
            let exit = try await scan(["--json", "readme.txt", "empty.txt"])
            #expect(exit.ending == .code(1))
            let found = try lines(exit)
            try #require(found.map(\.path) == ["readme.txt", "empty.txt"])
            #expect(found[0].verdict == "infected")
            #expect(found[0].findings.map(\.kind) == ["signature"])
            #expect(found[0].findings.map(\.name) == ["Lazaret.Demo.EICAR.UNOFFICIAL"])
            #expect(found[0].type == "text/plain")
            #expect(found[0].sha256 == "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f")
            #expect(found[0].evidence.bytesRead == 68 && found[0].evidence.limits.isEmpty)
            #expect(found[0].evidence.engine?.hasPrefix("ClamAV 1.") == true)
            #expect(found[0].evidence.signatures?.contains("lazaret-demo.ndb") == true)
            #expect(found[0].evidence.scanMillis != nil && found[0].evidence.method == "whole")
            #expect(found[0].evidence.databases.map(\.name) == ["lazaret-demo.ndb"])
            #expect(found[0].evidence.objects == 1 && found[0].evidence.deepest == 0)
            #expect(found[1].verdict == "clean" && found[1].evidence.bytesRead == 0)
            #expect(found[1].sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        }

        @Test func `--pipeline applies the rules of a pipeline`() async throws {
            try folder.write(
                """
                pipeline: pictures
                match: { bucket: some-incoming }
                accept: { types: [image/png], max-size: 1MiB }
                then: { clean: keep, infected: keep, unscannable: keep, rejected: keep }
                """, to: "pipelines/pictures.yaml")
            try folder.write(Samples.text, to: "notes.txt")
            try folder.write([UInt8](repeating: 0x20, count: 1 << 20 | 1), to: "large.txt")
            let picture = Project.root + "/samples/files/holiday.png"
            let exit = try await scan(["--pipeline", "pictures", "--json", picture, "notes.txt", "large.txt"])
            #expect(exit.ending == .code(1), "\(exit.standardError)")
            let found = try lines(exit)
            #expect(found.map(\.verdict) == ["clean", "rejected", "rejected"])
            #expect(found.map { $0.findings.map(\.name) } == [[], ["type-not-accepted"], ["too-large"]])
            #expect(found[2].type == nil && found[2].evidence.bytesRead == 0)

            let unknown = try await scan(["--pipeline", "films", picture])
            #expect(unknown.ending == .code(64) && unknown.standardOutput.isEmpty)
            #expect(unknown.standardError == "lazaret: unknown pipeline 'films'; known pipelines: pictures\n")
        }

        @Test func `a missing path exits with 65 and does not hide the others`() async throws {
            try folder.write(Eicar.bytes, to: "readme.txt")
            let exit = try await scan(["nowhere.txt", "readme.txt", "/dev/null"])
            #expect(exit.ending == .code(65))
            #expect(exit.standardOutput.hasPrefix("readme.txt  infected"))
            #expect(
                exit.standardError == """
                    lazaret: open nowhere.txt: No such file or directory
                    lazaret: read /dev/null: not a file: Invalid argument

                    """)
        }

        @Test func `a folder stands for its files, and links in it are not followed`() async throws {
            let files = ["a/1.txt", "a/b/2.txt", "a/3.txt"]
            for folder in ["a", "a/b"] { try makeFolder(folder) }
            for file in files { try folder.write(Samples.text, to: file) }
            try folder.write(Eicar.bytes, to: "outside.txt")
            #expect(symlink("../outside.txt", folder.path + "/a/link.txt") == 0)
            #expect(symlink("..", folder.path + "/a/up") == 0)
            let exit = try await scan(["a"])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let listed = exit.standardOutput.split(separator: "\n").map { $0.split(separator: " ")[0] }
            #expect(listed == ["a/1.txt", "a/3.txt", "a/b/2.txt"])
        }

        private func makeFolder(_ name: String) throws { try #require(mkdir("\(folder.path)/\(name)", 0o755) == 0) }

        @Test func `--as finds the pipeline by the place and prints what would become of the object`() async throws {
            try makeFolder("rules")
            let rules = """
                pipeline: pictures
                match: { bucket: incoming, prefix: up/, exclude: ["*.info"] }
                accept: { types: [image/png, text/css] }
                then:
                  clean:       { move: "s3://media/{rest}" }
                  infected:    { quarantine: "s3://held/{job}/{name}" }
                  unscannable: { quarantine: "s3://held/{job}/{name}" }
                  rejected:    delete
                """
            try folder.write(rules, to: "rules/pictures.yaml")
            try makeFolder("files")
            try folder.write(Samples.file("holiday.png"), to: "files/a.png")
            try folder.write(Samples.text, to: "files/a.png.info")
            try folder.write(Eicar.bytes, to: "files/b.txt")
            let flags = ["--pipelines", "rules", "--as", "s3://incoming/up/2026/"]
            let exit = try await scan(flags + ["files"])
            #expect(exit.ending == .code(1), "\(exit.standardError)")
            let lines = exit.standardOutput.split(separator: "\n").map(String.init)
            try #require(lines.count == 3)
            #expect(lines[0] == "files/a.png  clean  [image/png]  -> promoted to s3://media/2026/a.png")
            #expect(lines[1] == "files/a.png.info  unmatched: no pipeline takes s3://incoming/up/2026/a.png.info")
            #expect(lines[2].hasPrefix("files/b.txt  rejected: type-not-accepted") && lines[2].hasSuffix("-> deleted"))

            let declared = try await scan(flags + ["--declared-type", "image/jpeg", "--json", "files/a.png"])
            let findings = try self.lines(declared).map { $0.findings.map(\.name) }
            #expect(findings == [["type-not-accepted", "declared-type"]] || findings == [["declared-type"]])
            #expect(declared.standardOutput.contains(#""disposition":"deleted""#), "\(declared.standardOutput)")
            let one = try await scan(["--pipelines", "rules", "--as", "s3://incoming/up/x", "files"])
            #expect(one.ending == .code(64) && one.standardError.contains("end it with a slash"))
        }

        @Test func `--content-encoding compares the type of the decoded content`() async throws {
            let css = try Tool.run(["gzip", "-c"], input: Array("body { color: red }\n".utf8)).output
            try folder.write(css, to: "site.css")
            try makeFolder("rules")
            let rules = """
                pipeline: styles
                match: { bucket: incoming }
                accept: { types: [text/css] }
                then: { clean: keep, infected: delete, unscannable: delete, rejected: delete }
                """
            try folder.write(rules, to: "rules/styles.yaml")
            let flags = ["--pipelines", "rules", "--pipeline", "styles", "--declared-type", "text/css"]
            let plain = try await scan(flags + ["site.css"])
            #expect(plain.standardOutput.hasPrefix("site.css  rejected"), "\(plain.standardOutput)")
            let encoded = try await scan(flags + ["--content-encoding", "gzip", "site.css"])
            #expect(encoded.standardOutput == "site.css  clean  [text/plain]\n")
            let unknown = try await scan(flags + ["--content-encoding", "rot13", "site.css"])
            #expect(unknown.ending == .code(64))
            #expect(unknown.standardError == "lazaret: unknown content encoding 'rot13'; known: gzip, br, zstd\n")
        }

        @Test func `a file name is escaped for the terminal`() async throws {
            let name = "a\u{1B}[2J\nb\u{202E}gnp.txt"
            try folder.write(Samples.text, to: name)
            let exit = try await scan([name, "gone\u{1B}[2J"])
            #expect(exit.standardOutput == #"a\u{1b}[2J\u{a}b\u{202e}gnp.txt  clean  [text/plain]"# + "\n")
            #expect(exit.standardError == #"lazaret: open gone\u{1b}[2J: No such file or directory"# + "\n")
        }

        @Test func `a missing spool folder is a configuration error`() async throws {
            try folder.write(Samples.text, to: "notes.txt")
            let exit = try await scan(["--spool", "/nowhere/spool", "notes.txt"])
            #expect(exit.ending == .code(78) && exit.standardOutput.isEmpty)
            #expect(exit.standardError.contains("/nowhere/spool") && exit.standardError.contains("--spool"))
        }

        @Test func `a missing path argument is a usage error`() async throws {
            let exit = try await scan([])
            #expect(exit.ending == .code(64) && exit.standardError.contains("needs a path"))
        }
    }
}
