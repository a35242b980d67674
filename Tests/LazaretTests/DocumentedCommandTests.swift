import Foundation
import TestKit
import Testing

@testable import Lazaret

/// No text or page names a command or a flag that does not exist.
struct DocumentedCommandTests {
    /// The files that people read, and the sources, whose messages they read.
    private static let files: [String] = {
        let manager = FileManager.default
        var files = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "pipelines/README.md"]
        for folder in ["docs", "Sources", "pipelines"] {
            let found = manager.enumerator(atPath: Project.root + "/" + folder)
            while let name = found?.nextObject() as? String {
                if [".md", ".swift", ".yaml"].contains(where: { name.hasSuffix($0) }) {
                    files.append("\(folder)/\(name)")
                }
            }
        }
        return files.filter { manager.fileExists(atPath: Project.root + "/" + $0) }.sorted()
    }()

    /// The words after `lazaret` in each command of a text: behind a backtick, or at the start of a line.
    static func commands(in text: String) -> [[Substring]] {
        var commands: [[Substring]] = []
        for line in text.split(separator: "\n") {
            var rest = line[...]
            let start = line.drop { $0 == " " || $0 == "$" }
            if let words = start.dropPrefix(".build/release/lazaret ") ?? start.dropPrefix("lazaret ") {
                commands.append(Self.words(words.prefix { $0 != "#" && $0 != "`" }))
            }
            while let tick = rest.range(of: "`lazaret ") {
                rest = rest[tick.upperBound...]
                commands.append(Self.words(rest.prefix { $0 != "`" }))
            }
        }
        return commands.filter { !$0.isEmpty }
    }

    private static func words(_ text: Substring) -> [Substring] { text.split(separator: " ") }

    /// Returns what is wrong with the words of a command; nil if nothing is.
    static func mistake(in words: [Substring]) -> String? {
        let names = words.prefix { word in
            word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D } && word.first != "-"
        }
        guard let first = names.first else { return nil }
        if first == "version" || first == "help" { return nil }
        let family = Lazaret.commands.filter { $0.words[0] == first }
        guard !family.isEmpty else { return "no command \(first)" }
        let command = family.first { command in names.map(String.init).starts(with: command.words) }
        guard let command else {
            // `lazaret jobs` alone names the family.
            return names.count == 1 && words.count == 1 ? nil : "no command \(names.joined(separator: " "))"
        }
        for word in words where word.hasPrefix("--") {
            let name = word.dropFirst(2).prefix { $0.isLetter || $0 == "-" || $0.isNumber }
            if name != "help", !command.flags.contains(where: { $0.name == name }) {
                return "`lazaret \(command.name)` has no flag --\(name)"
            }
        }
        return nil
    }

    @Test func `every command in texts and pages exists, with its flags`() throws {
        var count = 0
        for file in Self.files {
            let text = try String(contentsOfFile: Project.root + "/" + file, encoding: .utf8)
            for words in Self.commands(in: text) {
                count += 1
                if let mistake = Self.mistake(in: words) {
                    Issue.record("\(file): lazaret \(words.joined(separator: " ")): \(mistake)")
                }
            }
        }
        #expect(count > 50)
    }

    @Test(arguments: [
        ("run `lazaret quarantine burn`", 1), ("`lazaret jobs list --nothing`", 1), ("    lazaret frob", 1),
        ("`lazaret jobs list --json`", 0), ("`lazaret jobs`", 0), ("lazaret --version", 0),
        ("`lazaret jobs frob x`", 1),
        (".build/release/lazaret check --nothing   # c", 1), ("`lazaret replay --dlq URL` and `lazaret nothing`", 1),
    ])
    func `a command that does not exist is found`(_ text: String, _ count: Int) {
        #expect(Self.commands(in: text).compactMap(Self.mistake(in:)).count == count)
    }
}

extension Substring {
    fileprivate func dropPrefix(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
