import Foundation
import TestKit
import Testing

@testable import Lazaret

/// The completion scripts, in the shells that they are for.
@Suite(.timeLimit(.minutes(1))) struct CompletionsTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
        for shell in CompletionsCommand.Shell.allCases {
            try folder.write(CompletionsCommand.script(for: shell, Lazaret.commands), to: "\(shell)")
        }
        try folder.write("", to: "pipelines.d/uploads.yaml")
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `its shell finds no mistake in the script`(_ shell: CompletionsCommand.Shell) throws {
        #expect(try Tool.run([shell.rawValue, "-n", "\(folder.path)/\(shell)"]).status == 0)
    }

    /// What bash offers for the last of the words.
    private func bash(_ words: [String]) throws -> [String] {
        let script = """
            source '\(folder.path)/bash'; cd '\(folder.path)'
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lazaret; printf '%s\\n' "${COMPREPLY[@]}"
            """
        return try lines(["bash", "--norc", "-c", script, "bash", "lazaret"] + words)
    }

    /// What fish offers at the end of the line.
    private func fish(_ words: [String]) throws -> [String] {
        let script = "source '\(folder.path)/fish'; cd '\(folder.path)'; complete -C \"$argv\""
        let home = "XDG_CONFIG_HOME=\(folder.path)"
        return try lines(["env", home, "fish", "-N", "-c", script, (["lazaret"] + words).joined(separator: " ")]).map {
            String($0.prefix { $0 != "\t" })
        }
    }

    /// What zsh offers at the end of the line, asked of an interactive shell on a terminal of its own.
    private func zsh(_ words: [String]) throws -> [String] {
        let typed = (["lazaret"] + words).joined(separator: " ")
        let script = """
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'PROMPT= RPROMPT=; stty -echo; autoload -Uz compinit; compinit -u -D; source \(folder.path)/zsh
                cd \(folder.path)
                compadd() { builtin compadd -A found "$@"; print -rl -- "OFFER "${^found} >> \(folder.path)/offers; builtin compadd "$@"; }
                bindkey "^I" complete-word; zstyle ":completion:*" verbose no; print READY'
            local line=
            while [[ $line != *READY* ]]; do zpty -r shell line || exit 1; done
            zpty -w -n shell $'\(typed)\\t'
            repeat 200; do [[ -s \(folder.path)/offers ]] && break; sleep 0.05; done
            sleep 0.2
            zpty -d shell
            """
        _ = try Tool.run(["zsh", "-f", "-c", script])
        let offers = (try? String(contentsOfFile: folder.path + "/offers", encoding: .utf8)) ?? ""
        return offers.split(separator: "\n").filter { $0.hasPrefix("OFFER ") }.map { String($0.dropFirst(6)) }
    }

    private func lines(_ words: [String]) throws -> [String] {
        let tool = try Tool.run(words)
        #expect(tool.status == 0)
        return String(decoding: tool.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func offered(_ shell: CompletionsCommand.Shell, _ words: [String]) throws -> [String] {
        switch shell {
        case .bash: try bash(words)
        case .zsh: try zsh(words)
        case .fish: try fish(words)
        }
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `commands, flags and values are offered`(_ shell: CompletionsCommand.Shell) throws {
        let first = try offered(shell, [""])
        #expect(Set(["run", "jobs", "quarantine", "check"]).isSubset(of: first), "\(first)")
        #expect(!first.contains("list"))
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `a family's commands are offered behind its name`(_ shell: CompletionsCommand.Shell) throws {
        #expect(Set(try offered(shell, ["jobs", ""])) == ["list", "show", "unreadable"])
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `commands of three words are completed`(_ shell: CompletionsCommand.Shell) throws {
        #expect(Set(try offered(shell, ["quarantine", "false-positives", ""])) == ["list", "revoke"])
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `a flag's choices are offered, and those alone`(_ shell: CompletionsCommand.Shell) throws {
        #expect(
            Set(try offered(shell, ["jobs", "list", "--verdict", ""])) == [
                "clean", "infected", "unscannable", "rejected",
            ])
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `a folder is offered where a flag takes one`(_ shell: CompletionsCommand.Shell) throws {
        let offered = try offered(shell, ["run", "--pipelines", "pipe"])
        // zsh tries several ways to match, and offers the same in each.
        #expect(Set(offered.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }) == ["pipelines.d"])
    }

    @Test(arguments: [CompletionsCommand.Shell.bash, .fish])
    func `every flag of every command is offered`(_ shell: CompletionsCommand.Shell) throws {
        for command in Lazaret.commands {
            let offered = Set(try offered(shell, command.words + ["--"]).map { $0.split(separator: "=")[0] })
            #expect(Set(command.flags.map { "--\($0.name)"[...] }).isSubset(of: offered), "\(command.name): \(offered)")
        }
    }

    @Test func `a value behind an equals sign is completed by bash`() throws {
        #expect(try bash(["report", "--format", "=", "h"]) == ["html"])
        #expect(Set(try bash(["report", "--format", "="])) == ["html", "json", "csv", "ocsf"])
    }
}
