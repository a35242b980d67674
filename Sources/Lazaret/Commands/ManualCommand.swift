/// `lazaret manual`: the manual pages.
enum ManualCommand {
    static let command = Command(
        words: ["manual"],
        abstract: "Prints the manual page of a command, or of lazaret, for man -l or mandoc; or writes all of them.",
        operands: "[COMMAND...]",
        flags: [Flag("to", "DIR", "write every page into this folder: lazaret.1, lazaret-run.1 and so on")]
    ) { arguments in
        let commands = Lazaret.commands
        if let folder = arguments.text("to") {
            for page in [ManualPage(overviewOf: commands)] + commands.map(ManualPage.init) {
                let file = try OutputFile("\(folder)/\(page.name).1", mode: 0o644)
                file.write(Array(page.text.utf8))
                try file.commit()
            }
        } else if arguments.operands.isEmpty {
            StandardOutput.write(Array(ManualPage(overviewOf: commands).text.utf8))
        } else if let command = commands.first(where: { $0.words == arguments.operands }) {
            StandardOutput.write(Array(ManualPage(command).text.utf8))
        } else {
            throw CommandFailure(
                .usage,
                "unknown command '\(arguments.operands.joined(separator: " "))'; `lazaret --help` lists the commands")
        }
    }
}
