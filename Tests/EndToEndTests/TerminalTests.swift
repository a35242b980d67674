import TestKit
import Testing

extension EndToEnd {
    /// `lazaret run` on a terminal.
    @Suite struct Terminals {
        /// Runs a worker on a terminal until its queue is idle. Returns everything that was written to the terminal.
        private func show(
            _ station: StationFixture, columns: Int = 120, environment changes: [String: String], _ flags: [String] = []
        ) async throws -> String {
            let exit = try await Program(
                Project.python,
                [
                    Project.fixture("kit/terminal.py"), "\(columns)", StationFixture.lazaret, "run", "--queue",
                    station.queue.url, "--pipelines", station.folder.path + "/pipelines", "--ledger", station.ledger,
                    "--signatures", StationFixture.signatures, "--spool", station.folder.path, "--until-idle", "2",
                ] + flags,
                environment: station.stack.environment.merging(changes) { _, new in new },
                directory: station.folder.path
            ).exit(within: .seconds(90))
            #expect(exit.ending == .code(0), "\(exit.standardOutput)")
            return exit.standardOutput
        }

        /// The texts between erasures of the status line and line ends.
        private func pieces(_ shown: String) -> [String] {
            shown.replacing("\r\u{1B}[K", with: "\n").replacing("\r\n", with: "\n").split(separator: "\n").map(
                String.init)
        }

        @Test func `the status line shows progress and the summary comes last`() async throws {
            let station = try await StationFixture("terminal")
            try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let shown = try await show(station, environment: ["TERM": "xterm", "NO_COLOR": "1"])

            let pieces = pieces(shown)
            #expect(pieces.contains { $0.contains(" running  ") && $0.contains(" done  ") }, "\(pieces)")
            #expect(
                pieces.contains { $0.hasPrefix("0 running  2 done  clean 1  infected 1  ") },
                "\(pieces)")
            let last = try #require(pieces.last)
            #expect(last.hasPrefix("2 objects (clean 1, infected 1), 89 B in "), "\(last)")
            #expect(last.contains("; CPU: worker ") && last.contains("; requests: S3 "), "\(last)")
            #expect(shown.hasSuffix("\r\n"))
            // The status line is erased before the summary.
            #expect(shown.contains("\r\u{1B}[K2 objects ("), "\(shown.debugDescription)")
        }

        @Test func `warnings are plain text above the status line`() async throws {
            let station = try await StationFixture("terminal-warning")
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let shown = try await show(station, environment: ["TERM": "xterm"])

            let warning = try #require(pieces(shown).first { $0.contains("warning: object settled") }, "\(shown)")
            #expect(warning.contains(#"verdict="infected""#) && warning.contains(#"key="uploads/readme.txt""#))
            #expect(shown.contains("\r\u{1B}[K\(warning)\r\n"))
            #expect(!shown.contains(#"{""#) && !shown.contains(#""message""#), "\(shown)")
        }

        /// Erasing the line is the only control sequence in use: no colour, with or without NO_COLOR.
        @Test(arguments: [["TERM": "xterm-256color"], ["TERM": "xterm-256color", "NO_COLOR": "1"]])
        func `no colour codes are written`(_ environment: [String: String]) async throws {
            let name = "terminal-colour-\(environment.count)"
            let station = try await StationFixture(name)
            try await station.upload(Eicar.bytes, "uploads/readme.txt")
            let shown = try await show(station, environment: environment)
            let sequences = shown.split(separator: "\u{1B}", omittingEmptySubsequences: false).dropFirst()
            #expect(!sequences.isEmpty)
            for sequence in sequences { #expect(sequence.hasPrefix("[K"), "\(sequence)") }
        }

        @Test func `the status line is no wider than the terminal`() async throws {
            let station = try await StationFixture("terminal-narrow")
            try await station.upload(Samples.text, "uploads/notes.txt")
            let shown = try await show(station, columns: 20, environment: ["TERM": "xterm"])
            let lines = pieces(shown).filter { $0.contains(" running") }
            #expect(!lines.isEmpty)
            // Whole parts that fit, and not a part cut short.
            for line in lines { #expect(line.count < 20 && line.hasSuffix(" done"), "\(line)") }
        }

        @Test func `a dumb terminal gets the JSON log`() async throws {
            let station = try await StationFixture("terminal-dumb")
            try await station.upload(Samples.text, "uploads/notes.txt")
            let shown = try await show(station, environment: ["TERM": "dumb"])
            #expect(!shown.contains("\u{1B}"), "\(shown)")
            for line in pieces(shown) { #expect(line.hasPrefix("{") && line.hasSuffix("}"), "\(line)") }
            #expect(pieces(shown).last?.contains(#""message":"finished""#) == true)
        }
    }
}
