/// The state machine of a lease: when to extend it, and when it is over. It has no clock; times count from any fixed
/// moment.
struct LeaseTerm: Sendable {
    enum Action: Equatable {
        /// Nothing to do before this time.
        case wait(until: Duration)
        /// Hide the message for this long from now on, then report the result.
        case extend(by: Duration)
        /// The lease is lost; nothing is left to do.
        case over
    }

    private enum Phase {
        case held, extending
        case over(LeaseLost)
    }

    /// The longest that SQS lets a message be held, from its receipt (Amazon SQS API Reference,
    /// "ChangeMessageVisibility").
    static let longest: Duration = .seconds(43_200)

    private let visibility: Duration
    /// What a lease is shortened by, because SQS may have started to count earlier.
    private let safety: Duration
    private let end: Duration
    private var phase = Phase.held
    /// Nil if the lease can be extended no further: its 12 hours are nearly over.
    private var renewal: Duration?
    /// Until when the message is certainly ours. Moves only when an extension succeeded.
    private(set) var deadline: Duration

    init(receivedAt: Duration, visibility: Duration) {
        self.visibility = visibility
        safety = min(.seconds(1), visibility / 20)
        end = receivedAt + Self.longest - safety
        deadline = min(receivedAt + visibility - safety, end)
        renewal = receivedAt + visibility / 2
    }

    /// Nil while the lease is held.
    var loss: LeaseLost? { if case .over(let loss) = phase { loss } else { nil } }

    mutating func tick(now: Duration) -> Action {
        if loss == nil, now >= deadline { lose(renewal == nil ? .tooOld : .expired) }
        switch phase {
        case .over: return .over
        case .extending: return .wait(until: deadline)
        case .held: break
        }
        guard let renewal else { return .wait(until: deadline) }
        guard now >= renewal else { return .wait(until: min(renewal, deadline)) }
        let time = min(visibility, (end - now).roundedDownToSeconds)
        guard time > .zero, now + time - safety > deadline else {
            self.renewal = nil
            return .wait(until: deadline)
        }
        phase = .extending
        return .extend(by: time)
    }

    /// - Parameter start: when the request was sent: SQS counts from that moment at the earliest.
    mutating func extended(by time: Duration, from start: Duration) {
        guard case .extending = phase else { return }
        phase = .held
        deadline = max(deadline, min(start + time - safety, end))
        renewal = start + time / 2
    }

    /// The extension failed for now. It is retried after a twentieth of the visibility timeout, if the deadline allows.
    mutating func notExtended(now: Duration) {
        guard case .extending = phase else { return }
        phase = .held
        renewal = now + visibility / 20
    }

    /// SQS answered that the 12 hours are over.
    mutating func refused() {
        guard case .extending = phase else { return }
        phase = .held
        renewal = nil
    }

    /// The first loss stands.
    mutating func lose(_ loss: LeaseLost) { if self.loss == nil { phase = .over(loss) } }
}
