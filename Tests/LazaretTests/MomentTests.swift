import Domain
import Testing

@testable import Lazaret

/// What `--since` takes.
struct MomentTests {
    private static let now = Timestamp(iso8601: "2026-11-21T12:00:00Z")!

    @Test(arguments: [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"), ("2026-11-20T08:09:10Z", "2026-11-20T08:09:10.000Z"),
        ("2026-11-20T08:09:10.5Z", "2026-11-20T08:09:10.500Z"), ("45s", "2026-11-21T11:59:15.000Z"),
        ("30m", "2026-11-21T11:30:00.000Z"), ("24h", "2026-11-20T12:00:00.000Z"), ("7d", "2026-11-14T12:00:00.000Z"),
        ("0s", "2026-11-21T12:00:00.000Z"),
    ])
    func aTimeOrAnAgeIsTaken(_ text: String, _ time: String) throws {
        #expect(try JobsCommand.moment(text, now: Self.now).description == time)
    }

    @Test(arguments: [
        "", "h", "yesterday", "-1h", "1.5h", "24", "24H", "1w", "2026-13-01", "2026-11-20 08:00", "1000000d",
    ])
    func anythingElseIsToldWithWhatIsTaken(_ text: String) {
        let failure = #expect(throws: CommandFailure.self) { try JobsCommand.moment(text, now: Self.now) }
        #expect(failure?.status == .usage)
        #expect(
            failure?.lines == [
                "--since takes a time as 2026-11-21 or 2026-11-21T08:00:00Z, or an age as 30m, 24h, 7d; not '\(text)'"
            ])
    }
}
