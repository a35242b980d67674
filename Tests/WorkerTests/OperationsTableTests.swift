import Foundation
import TestKit
import Testing
import Worker

/// The table "What a failure leaves" of `docs/OPERATIONS.md` against the steps of a job.
struct OperationsTableTests {
    @Test func `the table of failures has each step of a job once`() throws {
        let page = try String(contentsOfFile: Project.root + "/docs/OPERATIONS.md", encoding: .utf8)
        let section = try #require(page.components(separatedBy: "## What a failure leaves\n").last)
        let rows = try #require(section.components(separatedBy: "|---|---|---|\n").dropFirst().first)
        let names = rows.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { $0.hasPrefix("|") }
            .flatMap { row in row.split(separator: "|")[0].split(separator: "`").filter { $0.allSatisfy(\.isLetter) } }
        // The intake receives, before there is a job.
        let expected = ["receive"] + JobStateMachine.Step.Name.allCases.map(\.rawValue)
        #expect(names.map(String.init).sorted() == expected.sorted())
    }
}
