import Foundation
import TestKit
import Testing

@testable import Lazaret

@Suite(.timeLimit(.minutes(1))) struct ManualPageTests {
    private static let pages = [ManualPage(overviewOf: Lazaret.commands)] + Lazaret.commands.map(ManualPage.init)

    /// What mandoc printed, without the backspaces of bold and underlined letters, and with single spaces.
    private static func plain(_ output: [UInt8]) -> String {
        String(decoding: output, as: UTF8.self).replacing(#/.\x08/#, with: "").replacing(#/ +/#, with: " ")
    }

    @Test func `mandoc finds nothing to complain about in any page`() throws {
        let folder = try TemporaryDirectory()
        let files = try Self.pages.map { try folder.write($0.text, to: "\($0.name).1") }
        let tool = try Tool.run(["mandoc", "-T", "lint", "-W", "style"] + files)
        let complaints = String(decoding: tool.output, as: UTF8.self).split(separator: "\n").filter {
            // The pages of the others are not installed yet.
            !$0.contains("referenced manual not found")
        }
        #expect(complaints.isEmpty, "\(complaints.prefix(20).joined(separator: "\n"))")
    }

    @Test(arguments: pages.indices) func `a page has what the help has`(_ index: Int) throws {
        let page = Self.pages[index]
        let folder = try TemporaryDirectory()
        let file = try folder.write(page.text, to: "\(page.name).1")
        let tool = try Tool.run(["mandoc", "-T", "utf8", "-O", "width=1000", file])
        let shown = Self.plain(tool.output)
        guard index > 0 else {
            for command in Lazaret.commands { #expect(shown.contains(command.abstract), "\(command.name)") }
            return
        }
        let command = Lazaret.commands[index - 1]
        #expect(shown.contains("lazaret \(command.name)"))
        for flag in command.flags {
            #expect(shown.contains("--\(flag.name)"), "\(flag.name)")
            #expect(shown.contains(flag.help.dropFirst()), "\(flag.help)\n\(shown)")
            if let fallback = flag.fallback { #expect(shown.contains("The default is \(fallback).")) }
        }
        if let operands = command.operands { #expect(shown.contains(operands)) }
        for status in ExitStatus.allCases { #expect(shown.contains("\(status.rawValue) ")) }
    }

    @Test func `text that a macro would take for something else stays text`() throws {
        let command = Command(
            words: ["try"], abstract: ".Tries 'it' \\fB with … dots.", operands: "Ar...",
            flags: [Flag("pa", "Fl", "'quoted' -- \\e and .Pp", fallback: ".")]
        ) { _ in }
        let tool = try Tool.run(
            ["mandoc", "-T", "utf8", "-O", "width=1000"], input: Array(ManualPage(command).text.utf8))
        let shown = Self.plain(tool.output)
        #expect(shown.contains(".Tries 'it' \\fB with … dots."))
        #expect(shown.contains("--pa Fl"))
        #expect(shown.contains("'quoted' -- \\e and .Pp."))
        #expect(shown.contains("lazaret try [flags] Ar..."))
    }
}
