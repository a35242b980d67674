import Domain
import Support
import Testing

@testable import AWS

@Suite struct RefreshScheduleTests {
    private static let start = CredentialBench.start

    private func found(_ life: Duration?, mayOutlive: Bool = false) -> FoundCredentials {
        FoundCredentials(
            Credentials(accessKeyID: "A", secretAccessKey: .init("s")),
            expiration: life.map { Self.start.advanced(by: $0) }, origin: "a test", mayOutliveExpiration: mayOutlive)
    }

    private func advice(_ term: RefreshSchedule, after seconds: Int) -> RefreshSchedule.Advice {
        term.advice(at: Self.start.advanced(by: .seconds(seconds)))
    }

    @Test(
        arguments: [
            (0, .use), (2699, .use), (2700, .useAndRenew), (3299, .useAndRenew), (3300, .renewFirst),
            (3599, .renewFirst), (3600, .over), (9999, .over),
        ] as [(Int, RefreshSchedule.Advice)])
    func `an hour is renewed fifteen and five minutes ahead`(seconds: Int, expected: RefreshSchedule.Advice) {
        #expect(advice(RefreshSchedule(found(.seconds(3600)), at: Self.start, dice: 0), after: seconds) == expected)
    }

    @Test func `the dice move the renewal by a fifth at most`() {
        let late = RefreshSchedule(found(.seconds(3600)), at: Self.start, dice: 1)
        #expect(advice(late, after: 2879) == .use)
        #expect(advice(late, after: 2880) == .useAndRenew)
        #expect(advice(late, after: 3359) == .useAndRenew)
        #expect(advice(late, after: 3360) == .renewFirst)
    }

    @Test func `short lived ones are kept for half of their time`() {
        let term = RefreshSchedule(found(.seconds(600)), at: Self.start, dice: 0)
        #expect(advice(term, after: 299) == .use)
        #expect(advice(term, after: 300) == .useAndRenew)
        #expect(advice(term, after: 540) == .renewFirst)
    }

    @Test func `what has no end is never renewed`() {
        let term = RefreshSchedule(found(nil), at: Self.start, dice: 0)
        #expect(advice(term, after: 1_000_000_000) == .use)
        #expect(term.holds(at: Self.start.advanced(by: .seconds(1_000_000_000))))
    }

    @Test func `attempts that failed are followed by a pause`() {
        var term = RefreshSchedule(found(.seconds(3600)), at: Self.start, dice: 0)
        term.noteFailure(at: Self.start.advanced(by: .seconds(2700)), dice: 0)
        #expect(advice(term, after: 2759) == .use)
        #expect(advice(term, after: 2760) == .useAndRenew)
        term.noteFailure(at: Self.start.advanced(by: .seconds(3300)), dice: 0)
        #expect(advice(term, after: 3304) == .use)
        #expect(advice(term, after: 3305) == .renewFirst)
    }

    @Test func `only some are given more time than they have`() {
        let end = Self.start.advanced(by: .seconds(3600))
        var plain = RefreshSchedule(found(.seconds(3600)), at: Self.start, dice: 0)
        var kept = RefreshSchedule(found(.seconds(3600), mayOutlive: true), at: Self.start, dice: 0)
        #expect(advice(kept, after: 3600) == .renewFirst)
        plain.noteFailure(at: end, dice: 0.5)
        kept.noteFailure(at: end, dice: 0.5)
        #expect(!plain.holds(at: end) && kept.holds(at: end))
        #expect(advice(plain, after: 3600) == .over)
        #expect(advice(kept, after: 3600 + 449) == .use)
        #expect(advice(kept, after: 3600 + 450) == .useAndRenew)
        // The service may hand out such that are over already.
        let old = RefreshSchedule(found(.seconds(-60), mayOutlive: true), at: Self.start, dice: 0)
        #expect(advice(old, after: 0) == .use)
        #expect(advice(old, after: 300) == .useAndRenew)
    }
}
