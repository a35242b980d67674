import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `lazaret jobs list` and `lazaret jobs show`, as text and as JSON.
    @Suite struct Jobs {
        /// A station whose ledger has four jobs: two clean, one infected, one unmatched.
        private func filled(_ name: String) async throws -> StationFixture {
            let station = try await StationFixture(name)
            for (key, body) in [
                ("uploads/a/notes.txt", Samples.text), ("uploads/b/notes.txt", Samples.text),
                ("uploads/b/readme.txt", Eicar.bytes), ("elsewhere/notes.txt", Samples.text),
            ] { try await station.upload(body, key) }
            try await station.settle()
            return station
        }

        private func jobs(_ station: StationFixture, _ words: [String]) async throws -> Program.Exit {
            try await Program(
                StationFixture.lazaret, ["jobs"] + words + ["--ledger", station.ledger], environment: [:]
            ).exit(within: .seconds(30))
        }

        private func keys(_ station: StationFixture, _ filters: [String]) async throws -> Set<String> {
            let exit = try await jobs(station, ["list", "--json"] + filters)
            try #require(exit.ending == .code(0), "\(exit.standardError)")
            return Set(
                try exit.standardOutput.split(separator: "\n").map {
                    try JSONDecoder().decode(JobLine.self, from: Data($0.utf8)).key
                })
        }

        @Test func `every filter excludes the jobs that do not match`() async throws {
            let station = try await filled("jobs-filters")
            let (a, b, c, d) = (
                "uploads/a/notes.txt", "uploads/b/notes.txt", "uploads/b/readme.txt", "elsewhere/notes.txt"
            )
            let cases: [([String], Set<String>)] = [
                ([], [a, b, c, d]), (["--verdict", "clean"], [a, b]), (["--verdict", "infected"], [c]),
                (["--verdict", "infected", "--verdict", "clean"], [a, b, c]), (["--disposition", "promoted"], [a, b]),
                (["--disposition", "quarantined"], [c]), (["--disposition", "deleted"], []),
                (["--reason", "EICAR"], [c]),
                (["--sha256", Eicar.sha256], [c]), (["--sha256", String(repeating: "0", count: 64)], []),
                (["--verdict", "rejected"], []), (["--prefix", "uploads/b/"], [b, c]), (["--prefix", "b/"], []),
                (["--outcome", "unmatched"], [d]), (["--outcome", "settled"], [a, b, c]), (["--outcome", "open"], []),
                (["--pipeline", "usual"], [a, b, c]), (["--pipeline", "other"], []),
                (["--bucket", station.incoming], [a, b, c, d]), (["--bucket", station.media], []),
                (["--since", "1h"], [a, b, c, d]), (["--since", "0s"], []), (["--since", "2026-01-01"], [a, b, c, d]),
                (["--since", "2126-01-01T00:00:00Z"], []), (["--prefix", "uploads/b/", "--verdict", "clean"], [b]),
            ]
            for (filters, expected) in cases {
                let found = try await keys(station, filters)
                #expect(found == expected, "\(filters)")
            }
        }

        @Test func `other rules are tried on what the ledger holds`() async throws {
            let station = try await filled("jobs-try")
            let folder = try TemporaryDirectory()
            let rules = StationFixture.usualRules.replacingOccurrences(of: "INCOMING", with: station.incoming)
            try folder.write(
                rules.replacingOccurrences(of: "types: [", with: "types: [image/gif] # "), to: "rules.yaml")
            func tried(_ flags: [String]) async throws -> [String] {
                let words = ["pipelines", "try", folder.path, "--ledger", station.ledger] + flags
                let exit = try await Program(StationFixture.lazaret, words, environment: [:])
                    .exit(within: .seconds(30))
                try #require(exit.ending == .code(0), "\(exit.standardError)")
                return exit.standardOutput.split(separator: "\n").map(String.init)
            }
            let lines = try await tried(["--since", "7d"])
            #expect(
                lines.prefix(2) == [
                    "4 jobs: 2 would be judged otherwise, 2 as before",
                    "2  clean -> rejected  by pipeline usual",
                ])
            #expect(lines.dropFirst(2).allSatisfy { $0.contains("/notes.txt: type-not-accepted (") }, "\(lines)")
            #expect(lines.count == 4)
            #expect(try await tried(["--since", "0s"]) == ["0 jobs: 0 would be judged otherwise, 0 as before"])
            let changed = try await tried(["--since", "7d", "--json"])
            #expect(changed.count == 2 && changed.allSatisfy { $0.contains(#""before":"clean","after":"rejected""#) })
        }

        @Test func `a limit lists the newest jobs and says that there are more`() async throws {
            let station = try await filled("jobs-limit")
            let exit = try await jobs(station, ["list", "--json", "--limit", "2"])
            let all = try await station.jobs()
            let lines = exit.standardOutput.split(separator: "\n")
            #expect(lines.count == 2 && all.count == 4)
            for (line, job) in zip(lines, all) { #expect(line.contains(job.job)) }
            #expect(exit.standardError == "only the newest 2 are listed; --limit N lists more\n")
        }

        @Test func `the default output is a table`() async throws {
            let station = try await filled("jobs-table")
            let exit = try await jobs(station, ["list", "--verdict", "infected"])
            let lines = exit.standardOutput.split(separator: "\n")
            try #require(exit.ending == .code(0) && lines.count == 2, "\(exit.standardOutput)")
            #expect(lines[0].hasPrefix("JOB ") && lines[0].hasSuffix("OBJECT"))
            let columns = lines[1].split(separator: " ")
            #expect(
                columns.dropFirst(2) == [
                    "settled", "infected", "Lazaret.Demo.EICAR.UNOFFICIAL", "quarantined",
                    "s3://\(station.incoming)/uploads/b/readme.txt",
                ])
            let none = try await jobs(station, ["list", "--verdict", "rejected"])
            #expect(none.ending == .code(0) && none.standardOutput.isEmpty)
            #expect(none.standardError == "no jobs match\n")
        }

        @Test func `a job is shown with its evidence and attempts`() async throws {
            let station = try await filled("jobs-show")
            let job = try await station.job("uploads/b/readme.txt")
            let exit = try await jobs(station, ["show", job.job])
            #expect(exit.ending == .code(0), "\(exit.standardError)")
            let destination = try #require(job.destination)
            for line in [
                "job            \(job.job)", "object         s3://\(station.incoming)/uploads/b/readme.txt",
                "outcome        settled", "verdict        infected", "disposition    quarantined",
                "destination    s3://\(destination.bucket)/\(destination.key)", "pipeline       usual",
                "sha256         275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
                "bytes read     68",
            ] {
                #expect(
                    exit.standardOutput.split(separator: "\n").contains(Substring(line)),
                    "\(line) in\n\(exit.standardOutput)")
            }
            #expect(exit.standardOutput.contains("\nfinding        signature Lazaret.Demo.EICAR.UNOFFICIAL"))
            #expect(exit.standardOutput.contains(" ms, whole, 1 object\n"))
            #expect(exit.standardOutput.contains("\ndatabase       lazaret-demo.ndb, modified 20"))
            #expect(exit.standardOutput.contains("\nattempt 1      20"))

            let asJSON = try await jobs(station, ["show", "--json", job.job])
            let line = try JSONDecoder().decode(JobLine.self, from: Data(asJSON.standardOutput.utf8))
            #expect(line.job == job.job && line.verdict == "infected" && line.attempts == 1)
        }

        @Test func `a list cut short by a full disk exits with 74`() async throws {
            let station = try await filled("jobs-full-disk")
            for flag in ["--json", ""] {
                let command = "\(StationFixture.lazaret) jobs list \(flag) --ledger \(station.ledger) > /dev/full"
                let exit = try await Program("/bin/sh", ["-c", command], environment: [:]).exit(within: .seconds(30))
                #expect(exit.ending == .code(74))
                #expect(
                    exit.standardError
                        == "lazaret: standard output: No space left on device; the output is incomplete\n")
            }
        }

        @Test func `a reader that closes the pipe early causes no error`() async throws {
            let station = try await filled("jobs-reader")
            // The list starts after the shell has opened and closed the reading end of the pipe.
            let script = """
                mkfifo pipe; (exec 3<pipe; exec 3<&-; echo closed > done) & exec 4>pipe; wait
                \(StationFixture.lazaret) jobs list --json --ledger \(station.ledger) >&4; echo "ended with $?" >&2
                """
            let exit = try await Program(
                "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], directory: station.folder.path
            ).exit(within: .seconds(30))
            #expect(exit.standardError == "ended with 0\n")
        }

        @Test func `an unknown job exits with 65 and does not hide the others`() async throws {
            let station = try await filled("jobs-unknown")
            let job = try await station.job("uploads/b/readme.txt").job
            let unknown = String(repeating: "0", count: 32)
            let exit = try await jobs(station, ["show", unknown, job])
            #expect(exit.ending == .code(65))
            #expect(exit.standardOutput.contains(job))
            #expect(exit.standardError == "lazaret: the ledger has no job \(unknown)\n")
            #expect(try await jobs(station, ["show", "x"]).ending == .code(64))
        }

        @Test(arguments: [["list"], ["show", "00000000000000000000000000000000"]])
        func `a missing ledger is reported and not created`(_ words: [String]) async throws {
            let folder = try TemporaryDirectory()
            for address in ["sqlite:\(folder.path)/not.db", "sqlite://\(folder.path)/not.db"] {
                let exit = try await Program(
                    StationFixture.lazaret, ["jobs"] + words, environment: ["LAZARET_LEDGER": address]
                ).exit(within: .seconds(30))
                #expect(exit.ending == .code(78))
                #expect(exit.standardError.contains("\(folder.path)/not.db"), "\(exit.standardError)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }

        @Test func `a file or URL that is not a ledger is refused`() async throws {
            let folder = try TemporaryDirectory()
            let file = try folder.write(String(repeating: "no ledger ", count: 1000), to: "notes.txt")
            for address in ["sqlite:\(file)", "mysql://user:hush@host/db", "lazaret.db"] {
                let exit = try await Program(
                    StationFixture.lazaret, ["jobs", "list", "--ledger", address], environment: [:]
                ).exit(within: .seconds(30))
                #expect(exit.ending == .code(78), "\(address): \(exit.standardError)")
                #expect(exit.standardError.hasPrefix("lazaret: ledger: can't "), "\(exit.standardError)")
                #expect(!exit.standardError.contains("hush"))
            }
        }

        @Test(arguments: [
            (["--verdict", "fine"], "clean, rejected, unscannable, infected"),
            (["--outcome", "lost"], "settled, gone, superseded, failed, unmatched, marker, open"),
            (["--since", "yesterday"], "2026-11-21T08:00:00Z"), (["--limit", "0"], "from 1 to 1000000"),
            (["extra"], "unexpected argument 'extra'"),
        ])
        func `a wrong filter is refused with the accepted values`(_ words: [String], _ advice: String) async throws {
            let exit = try await Program(StationFixture.lazaret, ["jobs", "list"] + words, environment: [:])
                .exit(within: .seconds(30))
            #expect(exit.ending == .code(64) && exit.standardOutput.isEmpty)
            #expect(exit.standardError.contains(advice), "\(exit.standardError)")
        }
    }
}
