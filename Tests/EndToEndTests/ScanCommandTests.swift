import Foundation
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
            let exit = try await scan(["nowhere.txt", "readme.txt", "."])
            #expect(exit.ending == .code(65))
            #expect(exit.standardOutput.hasPrefix("readme.txt  infected"))
            #expect(
                exit.standardError == """
                    lazaret: open nowhere.txt: No such file or directory
                    lazaret: read .: not a file: Invalid argument

                    """)
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
