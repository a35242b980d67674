import Intake
import Testing

@testable import Lazaret

/// The flags of `lazaret run` that set its capacity.
struct CapacityFlagsTests {
    private func settings(_ words: [String]) throws -> RunSettings {
        try RunSettings(
            Arguments(parsing: ["--queue", "http://h/q"] + words, of: RunCommand.command, environment: [:]))
    }

    @Test func `without flags there is one lane and no limit`() throws {
        let settings = try settings([])
        #expect(settings.backfillQueueURL == nil && settings.largeOver == 64 << 20)
        #expect(
            settings.capacity.permits == 16 && settings.capacity.backfillWeight == 1
                && settings.capacity.spoolLimit == nil)
    }

    @Test func `the flags set lane weight, sizes and permits`() throws {
        let settings = try settings([
            "--backfill-queue", "http://h/b", "--backfill-weight", "3", "--large-over", "10MB", "--spool-limit",
            "20GiB",
            "--concurrency", "8",
        ])
        #expect(settings.backfillQueueURL == "http://h/b" && settings.largeOver == 10_000_000)
        #expect(settings.capacity.permits == 8 && settings.capacity.backfillWeight == 3)
        #expect(settings.capacity.spoolLimit == 20 << 30)
    }

    @Test(arguments: [
        (["--backfill-weight", "8"], "--backfill-weight takes a whole number from 1 to 7, not '8'"),
        (["--backfill-weight", "0"], "--backfill-weight takes a whole number from 1 to 7, not '0'"),
        (["--large-over", "much"], "--large-over takes a size above 0, such as 500MB or 20GiB, not 'much'"),
        (["--spool-limit", "0"], "--spool-limit takes a size above 0, such as 500MB or 20GiB, not '0'"),
        (["--spool-limit=-1"], "--spool-limit takes a size above 0, such as 500MB or 20GiB, not '-1'"),
        (["--backfill-queue", "http://h/q"], "--backfill-queue must not be the same queue as --queue"),
    ])
    func `an impossible value is refused with the reason`(words: [String], line: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try settings(words) }
        #expect(failure?.status == .usage && failure?.lines == [line])
    }
}
