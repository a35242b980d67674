internal import Support

/// What waits to be sent in batches of up to 10: when a batch is due, what goes into it, and what failed and comes up
/// again. Times count from any one moment.
struct BatchBuffer<Item: Sendable>: Sendable {
    struct Entry: Sendable {
        let item: Item
        var attempts = 0
        /// When it is sent at the latest.
        var due: Duration
    }

    enum Action: Sendable {
        case send([Entry])
        /// Nothing to send before this time; nil: not before something is added, or a batch comes back.
        case wait(until: Duration?)
    }

    static var batch: Int { 10 }

    private let linger: Duration
    private let attempts: Int
    private let backoff: Backoff
    private var entries: [Entry] = []
    private var sending = 0
    /// Nothing new waits for company any more.
    var isHurried = false

    /// - Parameters:
    ///   - linger: how long a new entry waits for others.
    ///   - attempts: how often an entry is sent before it is given up.
    init(linger: Duration, attempts: Int, backoff: Backoff) {
        self.linger = linger
        self.attempts = attempts
        self.backoff = backoff
    }

    /// Whether nothing waits and nothing is under way.
    var isEmpty: Bool { entries.isEmpty && sending == 0 }

    /// Returns whether the sender should look: the entry is due before all others, or completed a batch.
    mutating func add(_ item: Item, now: Duration) -> Bool {
        let entry = Entry(item: item, due: now + linger)
        let isEarliest = entries.allSatisfy { entry.due < $0.due }
        entries.append(entry)
        return isHurried || isEarliest || entries.count >= Self.batch
    }

    mutating func next(now: Duration) -> Action {
        // One that failed waits for its own time; a new one goes with whatever goes.
        let ready = entries.indices.filter { entries[$0].attempts == 0 || entries[$0].due <= now }
        let isDue = ready.count >= Self.batch || ready.contains { entries[$0].due <= now || isHurried }
        guard isDue else { return .wait(until: entries.map(\.due).min()) }
        let chosen = ready.prefix(Self.batch)
        let batch = chosen.map { entries[$0] }
        for index in chosen.reversed() { entries.remove(at: index) }
        sending += batch.count
        return .send(batch)
    }

    /// The entry is through, or need not be sent any more.
    mutating func settle(_ entry: Entry) { sending -= 1 }

    /// The entry failed. Returns whether it is sent again.
    ///
    /// - Parameter spread: 0..<1, random, the same for all of a batch, so that they stay one.
    mutating func fail(_ entry: Entry, spread: Double, now: Duration) -> Bool {
        sending -= 1
        var entry = entry
        entry.attempts += 1
        guard entry.attempts < attempts else { return false }
        entry.due = now + backoff.delay(attempt: entry.attempts, spread: spread)
        entries.append(entry)
        return true
    }
}
