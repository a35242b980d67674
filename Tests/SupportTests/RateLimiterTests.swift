import Support
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct RateLimiterTests {
    @Test func `each call waits for what was acquired before it`() async throws {
        let clock = ImmediateClock()
        let limiter = RateLimiter(rate: 20, clocks: Clocks(clock))
        try await limiter.acquire(10)
        #expect(clock.now.offset == .zero)
        try await limiter.acquire(1)
        #expect(clock.now.offset == .milliseconds(500))
        try await limiter.acquire(1)
        #expect(clock.now.offset == .milliseconds(550))
    }

    @Test func `unused time is not saved up`() async throws {
        let clock = ImmediateClock()
        let limiter = RateLimiter(rate: 1, clocks: Clocks(clock))
        try await limiter.acquire(1)
        clock.manual.advance(by: .seconds(60))
        for _ in 1...3 { try await limiter.acquire(1) }
        #expect(clock.now.offset == .seconds(62))
    }

    @Test(arguments: [(0.1, 1), (1, 1), (9.9, 9), (500, 500), (5000, 1000)])
    func `a burst is the count of one second, 1 to 1000`(rate: Double, burst: Int) {
        #expect(RateLimiter(rate: rate).burst == burst)
    }

    @Test func `a cancelled wait throws`() async throws {
        let clock = ManualClock()
        let limiter = RateLimiter(rate: 1, clocks: Clocks(clock))
        try await limiter.acquire(1)
        let waiting = Task { try await limiter.acquire(1) }
        await clock.untilSleepers(1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
