import Foundation
import ScanProtocol
import TestKit
import Testing
import Unpacking

/// The table of forms names everything that can be found.
@Suite struct CoverageTests {
    @Test func `the page is the table's own text`() throws {
        let path = "\(Project.root)/docs/COVERAGE.md"
        if ProcessInfo.processInfo.environment["LAZARET_WRITE_COVERAGE_PAGE"] != nil {
            try Data(Coverage.page.utf8).write(to: URL(fileURLWithPath: path))
        }
        let page = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        #expect(page == Coverage.page, "run make coverage-page")
    }

    @Test func `every form has one row, and no name has two`() {
        var seen: Set<String> = []
        for row in Coverage.rows {
            for name in [row.form] + row.mimeTypes + row.engineTypes {
                #expect(seen.insert(name).inserted, "\(name)")
            }
            #expect(row.opener == .nobody || row.opener == .leaf ? !row.reason.isEmpty : !row.account.isEmpty)
        }
        for form in ContainerForm.allCases {
            let row = Coverage.row(form: form.rawValue)
            #expect(row != nil, "\(form)")
            let opener: CoverageRow.Opener = StreamOpener.forms.contains(form) ? .ours : .libarchive
            #expect(row?.opener == opener || !form.isSupported, "\(form)")
        }
    }

    @Test func `every type that the engine can name has a row`() throws {
        let library = try #require(Self.library("libclamav"))
        // The linker may have merged a name with the end of another text.
        let names = Set(
            Self.texts(in: library) { $0.contains("CL_TYPE_") }.flatMap { text in
                text.matches(of: /CL_TYPE_[A-Z0-9_]+/).map { String($0.output) }
            })
        #expect(names.count > 60)
        for name in names { #expect(Coverage.row(engineType: name) != nil, "\(name)") }
    }

    @Test func `every type that libmagic can name has a row`() throws {
        let table = try #require(FileManager.default.contents(atPath: "/usr/lib/file/magic.mgc"))
        let classes = [
            "application", "image", "audio", "video", "text", "font", "model", "message", "chemical", "biosig", "rinex",
        ]
        let names = Self.texts(in: table) { text in
            guard let match = text.wholeMatch(of: /([a-z]+)\/[A-Za-z0-9.+_-]{2,}/) else { return false }
            return classes.contains(String(match.1))
        }
        #expect(names.count > 600)
        for name in names { #expect(Coverage.row(mimeType: name) != nil, "\(name)") }
    }

    private static func library(_ name: String) -> Data? {
        for folder in ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"] {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            if let file = files.sorted().last(where: { $0.hasPrefix("\(name).so.") }) {
                return FileManager.default.contents(atPath: "\(folder)/\(file)")
            }
        }
        return nil
    }

    /// The zero-terminated texts in a file that meet a condition.
    private static func texts(in file: Data, where isWanted: (String) -> Bool) -> Set<String> {
        var found: Set<String> = []
        for piece in file.split(separator: 0) where piece.count > 5 && piece.count < 100 {
            guard piece.allSatisfy({ (0x20...0x7E).contains($0) }) else { continue }
            let text = String(decoding: piece, as: UTF8.self)
            if isWanted(text) { found.insert(text) }
        }
        return found
    }
}
