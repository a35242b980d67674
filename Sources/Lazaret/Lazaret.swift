internal import Glibc
internal import Support

/// The `lazaret` command.
@main struct Lazaret {
    static let version = "0.1.0"

    static let commands = [
        RunCommand.command, ScanCommand.command, JobsCommand.list, JobsCommand.show, JobsCommand.unreadable,
        ReplayCommand.command, BackfillCommand.command, ReconcileCommand.command, CheckCommand.command,
    ]

    static func main() async {
        // A reader that went away is seen by the failed write; it must not end the worker.
        signal(SIGPIPE, SIG_IGN)
        // So is a spool that may not grow (`ulimit -f`): it costs an attempt, with an error that says so.
        signal(SIGXFSZ, SIG_IGN)
        var status: Int32 = 0
        do {
            try await dispatch(Array(CommandLine.arguments.dropFirst()))
        } catch let failure as CommandFailure {
            for line in failure.lines { say("lazaret: \(printable(line))") }
            status = failure.status.rawValue
        } catch {
            say("lazaret: \(printable("\(error)"))")
            status = ExitStatus.internalError.rawValue
        }
        // A reader that went away, as `head` does, had what it wanted.
        if let code = StandardOutput.failure, code != EPIPE {
            say("lazaret: \(SystemError("standard output", code: code)); what was written is not all")
            if status == 0 || status == ExitStatus.notClean.rawValue { status = ExitStatus.output.rawValue }
        }
        exit(status)
    }

    private static func dispatch(_ words: [String]) async throws {
        if words.first == "--version" || words.first == "version" {
            output("lazaret \(version)")
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
                throw CommandFailure(.usage, "there is no command '\(name)'; `lazaret --help` lists them")
            }
            if wantsHelp { return output(overview(of: family, title: "lazaret \(name)")) }
            let known = family.map { $0.words[1] }.joined(separator: ", ")
            throw CommandFailure(.usage, "`lazaret \(name)` takes one of: \(known)")
        }
        let text = overview(of: commands, title: "lazaret: a quarantine station for S3 uploads")
        guard !words.isEmpty else {
            say(text)
            throw CommandFailure(.usage)
        }
        output(text)
    }

    private static func overview(of commands: [Command], title: String) -> String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let rows = commands.map { "  lazaret \($0.name.padded(to: width))  \($0.abstract)" }
        return ([title, ""] + rows + ["", "`lazaret COMMAND --help` tells a command's flags."]).joined(separator: "\n")
    }
}

/// The process's environment. Where a name stands twice the first counts, as in `getenv`.
func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe environ
    while let entry = unsafe next.pointee {
        let text = unsafe String(cString: entry)
        if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            let name = String(text[..<equals])
            if variables[name] == nil { variables[name] = String(text[text.utf8.index(after: equals)...]) }
        }
        unsafe next += 1
    }
    return variables
}

extension String {
    /// With spaces after it, so that it takes `width` columns.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
