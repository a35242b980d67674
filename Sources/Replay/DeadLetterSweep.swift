import AWS

/// One sweep over a queue: which of its messages were looked at, and which are kept hidden so that others come up.
/// Times count from any fixed moment.
struct DeadLetterSweep {
    /// How long a message is hidden at a time. It is extended after half of that.
    static let visibility: Duration = .seconds(300)
    /// After so many requests in a row without a new message the sweep is over: some requests ask only some of the
    /// queue's servers.
    static let maxFruitless = 3
    /// SQS hides at most 120,000 messages of a queue at a time (Amazon SQS Developer Guide, "Amazon SQS message
    /// quotas").
    static let maxHidden = 100_000

    private struct Hidden {
        let receiptHandle: String
        var until: Duration
    }

    /// Hashes: a million ids would take a hundred megabytes. A message whose hash collides, a chance of one in many
    /// billions, is found by the next replay, whose hashes differ.
    private var seen: Set<Int> = []
    private var hidden: [Int: Hidden] = [:]
    private var fruitless = 0
    private var nextRenewal: Duration = .zero

    var isOver: Bool { fruitless >= Self.maxFruitless }
    var isFull: Bool { hidden.count >= Self.maxHidden }

    /// Takes the messages of one request, all hidden from now on. Returns those not seen before.
    mutating func take(_ messages: [SQSMessage], now: Duration) -> [SQSMessage] {
        let fresh = messages.filter { seen.insert($0.id.hashValue).inserted }
        let until = now + Self.visibility
        if hidden.isEmpty { nextRenewal = until - Self.visibility / 2 }
        for message in messages {
            hidden[message.id.hashValue] = Hidden(receiptHandle: message.receiptHandle, until: until)
        }
        fruitless = fresh.isEmpty ? fruitless + 1 : 0
        return fresh
    }

    /// Forgets a deleted message.
    mutating func drop(_ message: SQSMessage) { hidden[message.id.hashValue] = nil }

    /// Returns the receipt handles of messages whose time is half over, and counts them as hidden for as long again.
    mutating func renewals(now: Duration) -> [String] {
        guard now >= nextRenewal else { return [] }
        let due = hidden.filter { $0.value.until - now <= Self.visibility / 2 }
        for id in due.keys { hidden[id]?.until = now + Self.visibility }
        nextRenewal = (hidden.values.map(\.until).min() ?? now + Self.visibility) - Self.visibility / 2
        return due.values.map(\.receiptHandle)
    }

    /// The receipt handles of all hidden messages.
    var receiptHandles: [String] { hidden.values.map(\.receiptHandle) }
}
