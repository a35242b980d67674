import Domain
import Foundation
import Ledger
import Support
import Testing
import Worker

@testable import Lazaret

struct QuarantineListTests {
    /// A spreadsheet runs a cell that begins like a formula, whatever its quotation marks (OWASP, "CSV Injection").
    @Test(arguments: [
        ("=cmd|' /C calc'!A0", #""'=cmd|' /C calc'!A0""#), ("+1", #""'+1""#), ("-1", #""'-1""#),
        ("@SUM(1)", #""'@SUM(1)""#),
        ("  =1", #""'  =1""#), ("\u{FF1D}1", "\"'\u{FF1D}1\""), ("|x", #""'|x""#), ("%x", #""'%x""#),
        ("plain", #""plain""#), ("a,b \"c\"", #""a,b ""c""""#), ("", #""""#), ("a=b", #""a=b""#),
        ("\t=1", #""\u{9}=1""#), ("line\nnext", #""line\u{a}next""#), ("\u{202E}gpj.exe", #""\u{202e}gpj.exe""#),
        ("\u{1B}[2J", #""\u{1b}[2J""#),
    ])
    func `a cell is inert in a spreadsheet and on a terminal`(_ text: String, _ cell: String) {
        #expect(CSVRow([text]).text == cell)
    }

    @Test func `a line has one cell for each heading, whatever is missing or hostile`() {
        let object = ObjectVersion(bucket: "in", key: ObjectKey("=1,\"\n\u{1B}")!, versionID: nil, etag: "e")
        let event = Event(object: object, size: nil, sequencer: nil, time: nil, name: "ObjectCreated:Put")
        let record = JobRecord(
            job: Job(id: JobID(String(repeating: "0", count: 32))!, event: event),
            firstReceivedAt: Timestamp(milliseconds: 0))
        let line = QuarantineLine(record, now: Timestamp(milliseconds: 60_000)).csv.text
        #expect(!line.contains("\n") && !line.contains("\u{1B}"))
        #expect(line.components(separatedBy: "\",\"").count == QuarantineLine.headings.count)
        #expect(line.contains(#""'=1,""\u{a}\u{1b}""#))
    }

    private func arguments(_ name: String, _ words: [String]) throws -> Arguments {
        let command = try #require(Lazaret.commands.first { $0.name == name })
        return try Arguments(parsing: words, of: command, environment: [:])
    }

    @Test func `the reason of a change is no filter`() throws {
        let release = try arguments("quarantine release", ["--reason", "ours", "--finding", "F", "--type", "image/*"])
        let query = try QuarantineFilters.query(release, states: [.pending], hasReason: false)
        #expect(query.reason == nil && query.finding == "F" && query.type == "image/*" && query.reviews == [.pending])
        let list = try arguments("quarantine list", ["--reason", "Eicar", "--uploader", "AWS:A"])
        let listed = try QuarantineFilters.query(list, states: try QuarantineFilters.states(list), hasReason: true)
        #expect(listed.reason == "Eicar" && listed.uploader == "AWS:A" && listed.reviews == [.pending, .held])
    }

    @Test func `a change needs a reason of bounded length`() throws {
        let none = try arguments("quarantine release", [])
        #expect(throws: CommandFailure.self) { try none.reviewRequest() }
        let long = try arguments("quarantine release", ["--reason", String(repeating: "x", count: 5000)])
        #expect(throws: CommandFailure.self) { try long.reviewRequest() }
        let good = try arguments("quarantine release", ["--reason", "ours", "--actor", "mara"])
        let request = try good.reviewRequest(remembering: .seconds(1))
        #expect(request.actor == "mara" && request.reason == "ours" && request.remembering == .seconds(1))
    }
}

extension CSVRow {
    /// The row without its line end.
    fileprivate var text: String { String(decoding: bytes.dropLast(2), as: UTF8.self) }
}
