internal import CVersion
internal import Glibc
internal import Support

/// The `lazaret` command.
@main struct Lazaret {
    static let version = "0.1.0"
    /// When this version was made, as manual pages show it.
    static let versionDate = "November 30, 2026"
    /// The commit that was built, or "unknown".
    static let commit = unsafe String(cString: lz_commit())

    /// The version with its commit.
    static let build = "\(version) (commit \(commit))"

    static let commands: [Command] =
        [
            RunCommand.command, ScanCommand.command,
            JobsListCommand.command, JobsShowCommand.command, JobsUnreadableCommand.command,
            LedgerVerifyCommand.command, LedgerHeadCommand.head, LedgerHeadCommand.anchor,
            LedgerPruneCommand.command, LedgerSealCommand.command, LedgerRebuildCommand.command, ReportCommand.command,
            ReplayCommand.command, BackfillCommand.command, ReconcileCommand.command, CheckCommand.command,
            PipelinesTryCommand.command, NoticesListCommand.command, NoticesChangeCommand.retry,
            NoticesChangeCommand.discard,
        ] + quarantine + [ProbeCommand.command, CompletionsCommand.command, ManualCommand.command]

    private static let quarantine: [Command] = [
        QuarantineListCommand.command, QuarantineShowCommand.command, QuarantineReleaseCommand.command,
        QuarantineStateCommand.approve, QuarantineStateCommand.hold, QuarantineStateCommand.unhold,
        QuarantineNoteCommand.command, QuarantineDeleteCommand.delete, QuarantineDeleteCommand.purge,
        QuarantineRecallCommand.command, QuarantineRescanCommand.command, QuarantineFetchCommand.command,
        FalsePositivesCommand.list, FalsePositivesCommand.revoke,
    ]

    static func main() async {
        // The environment has credentials.
        keepProcessSecret()
        // A closed pipe is reported by the failed write; it must not end the worker.
        signal(SIGPIPE, SIG_IGN)
        // So is a spool at the file size limit (`ulimit -f`): it costs an attempt, whose error names the cause.
        signal(SIGXFSZ, SIG_IGN)
        var status: Int32 = 0
        do {
            try await dispatch(Array(CommandLine.arguments.dropFirst()))
        } catch let failure as CommandFailure {
            for line in failure.lines { printNotice("lazaret: \(printable(line))") }
            status = failure.status.rawValue
        } catch {
            printNotice("lazaret: \(printable("\(error)"))")
            status = ExitStatus.internalError.rawValue
        }
        // A reader that closes the pipe, as `head` does, has read enough.
        if let code = StandardOutput.failure, code != EPIPE {
            printNotice("lazaret: \(SystemError("standard output", code: code)); the output is incomplete")
            if status == 0 || status == ExitStatus.notClean.rawValue { status = ExitStatus.output.rawValue }
        }
        endProcess(status)
    }

    private static func dispatch(_ words: [String]) async throws {
        if words.first == "--version" || words.first == "version" {
            output("lazaret \(build)")
            return
        }
        let wantsHelp = words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
        if let command = commands.first(where: { words.starts(with: $0.words) }) {
            if wantsHelp { return output(command.help) }
            let rest = Array(words.dropFirst(command.words.count))
            return try await command.run(Arguments(parsing: rest, of: command, environment: environment()))
        }
        let family = commands.filter { $0.words.first == words.first && $0.words.count > 1 }
        if let name = words.first, name != "--help", name != "-h", name != "help" {
            guard !family.isEmpty else {
                throw CommandFailure(.usage, "unknown command '\(name)'; `lazaret --help` lists the commands")
            }
            if wantsHelp { return output(overview(of: family, title: "lazaret \(name)")) }
            let known = family.map { $0.words[1] }.joined(separator: ", ")
            throw CommandFailure(.usage, "`lazaret \(name)` needs a subcommand: \(known)")
        }
        let text = overview(of: commands, title: "lazaret: a quarantine station for S3 uploads")
        guard !words.isEmpty else {
            printNotice(text)
            throw CommandFailure(.usage)
        }
        output(text)
    }

    private static func overview(of commands: [Command], title: String) -> String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let rows = commands.map { "  lazaret \($0.name.padded(to: width))  \($0.abstract)" }
        return ([title, ""] + rows + ["", "`lazaret COMMAND --help` lists the flags of a command."]).joined(
            separator: "\n")
    }
}
