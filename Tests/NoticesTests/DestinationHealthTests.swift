import Testing

@testable import Notices

@Suite struct DestinationHealthTests {
    private let failure = SendFailure(.unavailable, "no luck")

    @Test func `pauses grow and end with a success`() {
        var health = DestinationHealth()
        #expect(health.standing(at: .zero) == .usable)
        let isNews = health.failed(failure, at: .zero, jitter: 1)
        #expect(isNews)
        #expect(health.standing(at: .milliseconds(999)) == .waiting(until: .seconds(1)))
        #expect(health.standing(at: .seconds(1)) == .probing)
        let isStillDown = !health.failed(failure, at: .seconds(1), jitter: 1)
        #expect(isStillDown)
        #expect(health.standing(at: .seconds(1)) == .waiting(until: .seconds(3)))
        for _ in 1...20 { _ = health.failed(failure, at: .seconds(1000), jitter: 1) }
        #expect(health.standing(at: .seconds(1000)) != .probing && health.standing(at: .seconds(1060)) == .probing)
        let (first, second) = (health.succeeded(), health.succeeded())
        #expect(first && !second)
        #expect(health.standing(at: .seconds(1000)) == .usable)
    }

    @Test func `a destination may ask for a longer pause, up to an hour`() {
        var health = DestinationHealth()
        _ = health.failed(SendFailure(.unavailable, "429", retryAfter: .seconds(90)), at: .zero)
        #expect(health.standing(at: .seconds(89)) == .waiting(until: .seconds(90)))
        _ = health.failed(SendFailure(.unavailable, "429", retryAfter: .seconds(1 << 40)), at: .seconds(90))
        #expect(health.standing(at: .seconds(90)) == .waiting(until: .seconds(3690)))
    }

    @Test func `a pause that is asked for is no failure, and does not grow`() {
        var health = DestinationHealth()
        for start in [Duration.zero, .seconds(9)] {
            health.pause(.seconds(2), at: start)
            #expect(health.standing(at: start + .seconds(1)) == .waiting(until: start + .seconds(2)))
            #expect(health.standing(at: start + .seconds(2)) == .usable && health.failures == 0)
        }
    }

    @Test func `what is gone stays gone`() {
        var health = DestinationHealth()
        _ = health.failed(failure, at: .zero)
        let gone = SendFailure(.gone, "410")
        let (first, second) = (health.failed(gone, at: .zero), health.failed(gone, at: .seconds(99)))
        #expect(first && !second)
        #expect(health.standing(at: .seconds(9999)) == .gone)
    }
}
