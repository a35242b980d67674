import Intake

/// One way round a queue: which of its messages were looked at, and which are kept hidden so that others come up. Times
/// count from any one moment.
struct DeadLetterRound {
    /// How long a message is hidden at a time; renewed at half of it.
    static let visibility: Duration = .seconds(300)
    /// How many requests in a row may bring nothing new before the round is over. SQS asks only some of its servers at times.
    static let patience = 3
    /// SQS hides 120,000 messages of a queue at a time (Amazon SQS Developer Guide, "Amazon SQS message quotas").
    static let mostHidden = 100_000

    private struct Hidden {
        let receipt: String
        var until: Duration
    }

    /// Hashes: a million ids would take a hundred megabytes. What by a chance of one in many billions is taken for another
    /// message is found at the next time round, when hashes are others.
    private var seen: Set<Int> = []
    private var hidden: [Int: Hidden] = [:]
    private var fruitless = 0
    private var nextRenewal: Duration = .zero

    var isOver: Bool { fruitless >= Self.patience }
    var isFull: Bool { hidden.count >= Self.mostHidden }

    /// Takes in what a request brought, and gives those that come for the first time. All are hidden from now on.
    mutating func take(_ messages: [QueuedMessage], now: Duration) -> [QueuedMessage] {
        let fresh = messages.filter { seen.insert($0.id.hashValue).inserted }
        let until = now + Self.visibility
        if hidden.isEmpty { nextRenewal = until - Self.visibility / 2 }
        for message in messages { hidden[message.id.hashValue] = Hidden(receipt: message.receipt, until: until) }
        fruitless = fresh.isEmpty ? fruitless + 1 : 0
        return fresh
    }

    /// The message is deleted.
    mutating func drop(_ message: QueuedMessage) { hidden[message.id.hashValue] = nil }

    /// Receipts of those whose time is half over: they are to be hidden for as long again.
    mutating func renewals(now: Duration) -> [String] {
        guard now >= nextRenewal else { return [] }
        let due = hidden.filter { $0.value.until - now <= Self.visibility / 2 }
        for id in due.keys { hidden[id]?.until = now + Self.visibility }
        nextRenewal = (hidden.values.map(\.until).min() ?? now + Self.visibility) - Self.visibility / 2
        return due.values.map(\.receipt)
    }

    /// Receipts of all that are hidden: they are to be shown again.
    var receipts: [String] { hidden.values.map(\.receipt) }
}
