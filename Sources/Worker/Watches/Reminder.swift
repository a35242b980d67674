internal import Support

/// Looks once a second whether a condition holds, and reports it at most once a minute while it does.
struct Reminder: Sendable {
    private let clock: MonotonicClock

    private static let (interval, silence): (Duration, Duration) = (.seconds(1), .seconds(60))

    init(clock: MonotonicClock) { self.clock = clock }

    /// Runs until its task is cancelled.
    func run(while condition: () -> Bool, report: () -> Void) async {
        var silent = Self.silence
        while (try? await clock.sleep(until: clock.now + Self.interval)) != nil {
            silent += Self.interval
            guard condition(), silent >= Self.silence else { continue }
            silent = .zero
            report()
        }
    }
}
