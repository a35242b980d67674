import Support
import Testing

@testable import Lazaret

struct HelpTests {
    /// The commands and flags that are a stable interface.
    static let stable: [String: [String]] = [
        "run": [
            "--queue URL", "--pipelines DIR", "--ledger URL", "--signatures DIR", "--spool DIR", "--scanners N",
            "--concurrency N", "--until-idle SECONDS", "--listen HOST:PORT",
        ],
        "scan": ["--pipeline NAME", "--signatures DIR", "--json"],
        "jobs list": [
            "--outcome O", "--verdict V", "--disposition D", "--sha256 HASH", "--reason R", "--pipeline P",
            "--bucket B", "--prefix K", "--since T", "--limit N",
            "--json",
        ],
        "replay": [
            "--failed", "--dlq URL", "--verdict V", "--reason R", "--since T", "--signatures-before VERSION",
            "--rate N/s", "--dry-run", "--queue URL",
        ],
        "jobs show": ["--json"], "jobs unreadable": ["--limit N", "--json", "--discard", "--dlq URL"],
        "ledger prune": ["--before T", "--dry-run", "--ledger URL"], "ledger rebuild": ["--ledger URL", "--dry-run"],
        "ledger verify": ["--from HEAD", "--anchors URL", "--copy", "--json"],
        "ledger seal": ["--reason TEXT", "--actor NAME", "--dry-run", "--json"],
        "backfill": [
            "--queue URL", "--pipelines DIR", "--ledger URL", "--dry-run", "--rate N/s", "--start-after KEY", "--json",
        ],
        "quarantine list": [
            "--state S", "--sha256 HASH", "--type TYPE", "--uploader PRINCIPAL", "--finding NAME", "--csv",
        ],
        "quarantine show": ["--json"],
        "quarantine release": ["--reason TEXT", "--actor NAME", "--yes", "--at-most N", "--dry-run", "--remember AGE"],
        "quarantine purge": ["--older-than AGE", "--reason TEXT", "--at-most N", "--dry-run"],
        "quarantine recall": ["--sha256 HASH", "--reason TEXT"], "quarantine fetch": ["--to FILE"],
        "notices list": ["--ledger URL", "--destination D", "--job ID", "--sent", "--json"],
        "notices retry": ["--destination D", "--reason TEXT"], "notices discard": ["--destination D", "--reason TEXT"],
        "reconcile": ["--queue URL", "--ledger URL", "--since T", "--dry-run", "--actor NAME", "--json"],
        "check": ["--queue URL", "--pipelines DIR", "--ledger URL", "--signatures DIR", "--spool DIR"],
    ]

    @Test(arguments: stable.keys.sorted())
    func `the help names every stable flag`(_ name: String) throws {
        let command = try #require(Lazaret.commands.first { $0.name == name })
        let lines = command.help.split(separator: "\n").filter { $0.hasPrefix("  --") }
        for flag in Self.stable[name] ?? [] {
            #expect(
                lines.contains { $0.hasPrefix("  \(flag)  ") || $0.hasPrefix("  \(flag) ") },
                "\(flag) in\n\(command.help)")
        }
    }

    @Test func `the stable defaults are unchanged and shown in the help`() throws {
        let run = try #require(Lazaret.commands.first { $0.name == "run" })
        let arguments = try Arguments(parsing: [], of: run, environment: [:])
        #expect(arguments.text("pipelines") == "pipelines")
        #expect(arguments.text("ledger") == "sqlite:lazaret.db")
        #expect(arguments.text("signatures") == "/var/lib/clamav")
        for flag in run.flags {
            guard let fallback = flag.fallback else { continue }
            #expect(run.help.contains("(default: \(fallback))"))
        }
    }

    @Test func `check takes every flag of run`() throws {
        let run = try #require(Lazaret.commands.first { $0.name == "run" })
        let check = try #require(Lazaret.commands.first { $0.name == "check" })
        #expect(Set(run.flags.map(\.usage)).isSubset(of: check.flags.map(\.usage)))
    }

    @Test(arguments: Lazaret.commands.map(\.name))
    func `the flags of a command are distinct and its help explains the variables`(_ name: String) throws {
        let command = try #require(Lazaret.commands.first { $0.name == name })
        #expect(Set(command.flags.map(\.name)).count == command.flags.count)
        #expect(command.help.contains("LAZARET_"))
        #expect(command.help.split(separator: "\n").contains { $0.hasPrefix("Usage: lazaret \(name)") })
    }

    @Test func `help is aligned and ends with the rule for variables`() {
        let command = Command(
            words: ["jobs", "try"], abstract: "Tries.", operands: "JOB...",
            flags: [Flag("a", "N", "first", fallback: "1"), Flag("longer-one", "second")]
        ) { _ in }
        #expect(
            command.help == """
                Tries.

                Usage: lazaret jobs try [flags] JOB...

                Flags:
                  --a N         first (default: 1)
                  --longer-one  second

                Each flag can also be set by an environment variable: --until-idle by LAZARET_UNTIL_IDLE.
                The flag takes precedence.
                """)
    }
}

/// The validation of the settings of `lazaret run`.
struct RunSettingsTests {
    private func settings(_ words: [String], _ environment: [String: String] = [:]) throws -> RunSettings {
        let run = Lazaret.commands.first { $0.name == "run" }!
        return try RunSettings(Arguments(parsing: words, of: run, environment: environment))
    }

    @Test func `every mistake is reported at once`() {
        let failure = #expect(throws: CommandFailure.self) {
            _ = try settings(
                ["--concurrency", "0", "--until-idle", "x", "--listen", "9464", "--log-level", "loud"],
                ["LAZARET_SCANNERS": "1000"])
        }
        #expect(failure?.status == .usage)
        #expect(
            failure?.lines == [
                "`lazaret run` needs --queue URL (or LAZARET_QUEUE): the SQS queue that S3 notifies",
                "--concurrency takes a whole number from 1 to 1024, not '0'",
                "LAZARET_SCANNERS takes a whole number from 1 to 256, not '1000'",
                "--until-idle takes seconds above 0, not 'x'",
                "--listen takes HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, not '9464'",
                "--log-level takes one of debug, info, warning, error, not 'loud'",
            ])
    }

    @Test func `a setting without a value has its default`() throws {
        let settings = try settings(["--queue", "u"])
        #expect(settings.queueURL == "u" && settings.concurrency == 16 && settings.logLevel == .info)
        #expect(settings.untilIdle == nil && settings.listen == nil && settings.scanners >= 1)
    }
}
