import Domain
import Ledger
import Testing

@testable import Lazaret

/// The values of `--since` and `--until`.
struct TimeFlagTests {
    private static let now = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    @Test(arguments: [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"), ("2026-11-20T08:09:10Z", "2026-11-20T08:09:10.000Z"),
        ("2026-11-20T08:09:10.5Z", "2026-11-20T08:09:10.500Z"), ("45s", "2026-11-21T11:59:15.000Z"),
        ("30m", "2026-11-21T11:30:00.000Z"), ("24h", "2026-11-20T12:00:00.000Z"), ("7d", "2026-11-14T12:00:00.000Z"),
        ("0s", "2026-11-21T12:00:00.000Z"),
    ])
    func `a time or an age is accepted`(_ text: String, _ time: String) throws {
        #expect(Timestamp(parsing: text, now: Self.now)?.description == time)
    }

    @Test(arguments: [
        "", "h", "yesterday", "-1h", "1.5h", "24", "24H", "1w", "2026-13-01", "2026-11-20 08:00", "1000000d",
    ])
    func `anything else is refused with the accepted forms`(_ text: String) throws {
        #expect(Timestamp(parsing: text, now: Self.now) == nil)
        let list = try #require(Lazaret.commands.first { $0.name == "jobs list" })
        let arguments = try Arguments(parsing: ["--since=\(text)"], of: list, environment: [:])
        let failure = #expect(throws: CommandFailure.self) { try JobFilters.query(arguments, limit: 1) }
        #expect(failure?.status == .usage)
        #expect(
            failure?.lines == [
                "--since takes a time such as 2026-11-21 or 2026-11-21T08:00:00Z, or an age such as 30m, 24h or 7d, not '\(text)'"
            ])
    }

    /// Such a query could only answer "no jobs match".
    @Test(arguments: [("1h", "2h"), ("2026-11-21", "2026-11-20"), ("2026-11-21", "2026-11-21")])
    func `a time range that ends before it begins is refused`(_ since: String, _ until: String) throws {
        let list = try #require(Lazaret.commands.first { $0.name == "jobs list" })
        let arguments = try Arguments(parsing: ["--since", since, "--until", until], of: list, environment: [:])
        let failure = #expect(throws: CommandFailure.self) { try JobFilters.query(arguments, limit: 1) }
        #expect(failure?.status == .usage && failure?.lines[0].contains(" must be earlier than --until ") == true)
    }
}

/// The values of `--signatures-before`.
struct SignatureCutoffTests {
    private static let now = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    @Test(arguments: [
        ("27000", SignatureCutoff.version(database: "daily", 27000)), ("main:62", .version(database: "main", 62)),
        ("0", .version(database: "daily", 0)), ("2026-11-20", .built(Timestamp(iso8601: "2026-11-20")!)),
        ("1d", .built(Timestamp(iso8601: "2026-11-20T12:00:00Z")!)),
    ])
    func `a version or a time is accepted`(_ text: String, _ bound: SignatureCutoff) {
        #expect(JobFilters.signatureCutoff(text, now: Self.now) == bound)
    }

    @Test(arguments: ["", "daily", "daily:", ":62", "main:x", "main:-1", "-1", "a:b:1", "2026-13-01", "1.5"])
    func `anything else is refused`(_ text: String) {
        #expect(JobFilters.signatureCutoff(text, now: Self.now) == nil)
    }
}
