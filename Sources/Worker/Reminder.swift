import Support

/// Looks once a second at something that should not last, and says so while it does: once a minute, however often it begins
/// anew.
struct Reminder: Sendable {
    private let pause: @Sendable (Duration) async throws -> Void

    private static let (interval, silence): (Duration, Duration) = (.seconds(1), .seconds(60))

    init(clock: any Clock<Duration> & Sendable) { pause = { try await clock.sleep(for: $0) } }

    /// Until its task is cancelled.
    func run(while lasts: () -> Bool, say: () -> Void) async {
        var silent = Self.silence
        while (try? await pause(Self.interval)) != nil {
            silent += Self.interval
            guard lasts(), silent >= Self.silence else { continue }
            silent = .zero
            say()
        }
    }
}
