import Support
import Testing

struct BackoffTests {
    @Test func `delays grow to their maximum with half of them random`() {
        let backoff = Backoff(base: .seconds(5), max: .seconds(300))
        #expect(
            (1...8).map { backoff.delay(attempt: $0, jitter: 0) }
                == [2.5, 5, 10, 20, 40, 80, 150, 150].map { .seconds($0) })
        #expect(backoff.delay(attempt: 1, jitter: 0.5) == .seconds(3.75))
        #expect(backoff.delay(attempt: .max, jitter: 0) == .seconds(150))
        for _ in 1...100 {
            let delay = backoff.delay(attempt: 3)
            #expect(delay >= .seconds(10) && delay < .seconds(20))
        }
    }
}
