import Domain
import Support
import Testing

@testable import AWS

@Suite struct RefreshScheduleTests {
    private static let start = CredentialFixture.start

    private func found(_ life: Duration?, mayOutlive: Bool = false) -> ResolvedCredentials {
        ResolvedCredentials(
            Credentials(accessKeyID: "A", secretAccessKey: .init("s")),
            expiration: life.map { Self.start.advanced(by: $0) }, origin: "a test", mayOutliveExpiration: mayOutlive)
    }

    private func advice(_ schedule: RefreshSchedule, after seconds: Int) -> RefreshSchedule.Advice {
        schedule.advice(at: Self.start.advanced(by: .seconds(seconds)))
    }

    @Test(
        arguments: [
            (0, .use), (2699, .use), (2700, .useAndRefresh), (3299, .useAndRefresh), (3300, .refreshFirst),
            (3599, .refreshFirst), (3600, .expired), (9999, .expired),
        ] as [(Int, RefreshSchedule.Advice)])
    func `credentials of an hour are refreshed 15 and 5 minutes before they expire`(
        seconds: Int, expected: RefreshSchedule.Advice
    ) {
        #expect(advice(RefreshSchedule(found(.seconds(3600)), at: Self.start, jitter: 0), after: seconds) == expected)
    }

    @Test func `jitter delays the refresh by at most a fifth of the window`() {
        let late = RefreshSchedule(found(.seconds(3600)), at: Self.start, jitter: 1)
        #expect(advice(late, after: 2879) == .use)
        #expect(advice(late, after: 2880) == .useAndRefresh)
        #expect(advice(late, after: 3359) == .useAndRefresh)
        #expect(advice(late, after: 3360) == .refreshFirst)
    }

    @Test func `short-lived credentials are used for half of their lifetime`() {
        let schedule = RefreshSchedule(found(.seconds(600)), at: Self.start, jitter: 0)
        #expect(advice(schedule, after: 299) == .use)
        #expect(advice(schedule, after: 300) == .useAndRefresh)
        #expect(advice(schedule, after: 540) == .refreshFirst)
    }

    @Test func `credentials without an expiration are never refreshed`() {
        let schedule = RefreshSchedule(found(nil), at: Self.start, jitter: 0)
        #expect(advice(schedule, after: 1_000_000_000) == .use)
        #expect(schedule.isUsable(at: Self.start.advanced(by: .seconds(1_000_000_000))))
    }

    @Test func `a failed attempt is followed by a pause`() {
        var schedule = RefreshSchedule(found(.seconds(3600)), at: Self.start, jitter: 0)
        schedule.recordFailure(at: Self.start.advanced(by: .seconds(2700)), jitter: 0)
        #expect(advice(schedule, after: 2759) == .use)
        #expect(advice(schedule, after: 2760) == .useAndRefresh)
        schedule.recordFailure(at: Self.start.advanced(by: .seconds(3300)), jitter: 0)
        #expect(advice(schedule, after: 3304) == .use)
        #expect(advice(schedule, after: 3305) == .refreshFirst)
    }

    @Test func `only credentials that may outlive their expiration are extended`() {
        let end = Self.start.advanced(by: .seconds(3600))
        var plain = RefreshSchedule(found(.seconds(3600)), at: Self.start, jitter: 0)
        var kept = RefreshSchedule(found(.seconds(3600), mayOutlive: true), at: Self.start, jitter: 0)
        #expect(advice(kept, after: 3600) == .refreshFirst)
        plain.recordFailure(at: end, jitter: 0.5)
        kept.recordFailure(at: end, jitter: 0.5)
        #expect(!plain.isUsable(at: end) && kept.isUsable(at: end))
        #expect(advice(plain, after: 3600) == .expired)
        #expect(advice(kept, after: 3600 + 449) == .use)
        #expect(advice(kept, after: 3600 + 450) == .useAndRefresh)
        // The service may return credentials that have already expired.
        let old = RefreshSchedule(found(.seconds(-60), mayOutlive: true), at: Self.start, jitter: 0)
        #expect(advice(old, after: 0) == .use)
        #expect(advice(old, after: 300) == .useAndRefresh)
    }
}
