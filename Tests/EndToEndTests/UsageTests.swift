import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret` without a command, or with an incomplete one.
    @Suite struct Usage {
        private func lazaret(_ words: String...) async throws -> Program.Exit {
            try await Program(StationFixture.lazaret, words, environment: [:]).exit(within: .seconds(30))
        }

        @Test func `the version is one line`() async throws {
            let exit = try await lazaret("--version")
            #expect(exit.ending == .code(0) && exit.standardError.isEmpty)
            let line = #/lazaret [0-9]+\.[0-9]+\.[0-9]+ \(commit ([0-9a-f]{12}(-dirty)?|unknown)\)\n/#
            #expect(try line.wholeMatch(in: exit.standardOutput) != nil, "\(exit.standardOutput)")
        }

        /// A handler that frees what another thread still uses ends a finished command by a signal, once in some
        /// hundred times.
        @Test(arguments: [["--version"], ["frob"]])
        func `no library's exit handler runs`(_ words: [String]) async throws {
            let folder = try TemporaryDirectory()
            let loader = ["LD_DEBUG": "files", "LD_DEBUG_OUTPUT": folder.path + "/loader"]
            let exit = try await Program(StationFixture.lazaret, words, environment: loader).exit(within: .seconds(30))
            #expect(exit.ending == .code(words == ["frob"] ? 64 : 0), "\(exit.standardError)")
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
            let calls = try String(contentsOfFile: "\(folder.path)/\(file)", encoding: .utf8)
            #expect(calls.contains("calling init") && !calls.contains("calling fini"))
        }

        @Test func `no argument prints the overview to standard error and exits with 64`() async throws {
            let exit = try await lazaret()
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            for command in ["run", "scan", "jobs list", "jobs show", "check"] {
                #expect(exit.standardError.contains("\n  lazaret \(command) "), "\(command)")
            }
            #expect(try await lazaret("--help").standardOutput == exit.standardError)
        }

        @Test func `a command without its subcommand lists the subcommands`() async throws {
            let exit = try await lazaret("jobs")
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            #expect(exit.standardError == "lazaret: `lazaret jobs` needs a subcommand: list, show, unreadable\n")
            let help = try await lazaret("jobs", "--help")
            #expect(help.ending == .code(0) && help.standardOutput.contains("lazaret jobs show"))
        }

        @Test func `an unknown command is reported with its name escaped`() async throws {
            let exit = try await lazaret("fr\u{1B}ob")
            #expect(exit.ending == .code(64))
            #expect(
                exit.standardError == #"lazaret: unknown command 'fr\u{1b}ob'; `lazaret --help` lists the commands"#
                    + "\n")
        }

        @Test func `every mistake in the flags of run is reported at once`() async throws {
            let exit = try await lazaret(
                "run", "--concurrency", "0", "--scanners", "none", "--until-idle", "0", "--listen", "9464")
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            for word in ["--queue URL", "--concurrency", "--scanners", "--until-idle", "--listen"] {
                #expect(exit.errorLines.filter { $0.contains(word) }.count == 1, "\(word) in\n\(exit.standardError)")
            }
            #expect(exit.errorLines.count == 5)
        }
    }
}
