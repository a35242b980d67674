internal import Support

/// Collects items that are sent in batches of up to 10: decides when a batch is due, what goes into it, and when a
/// failed item is sent again. Times count from any fixed moment.
struct BatchBuffer<Item: Sendable>: Sendable {
    struct Entry: Sendable {
        let item: Item
        var attempts = 0
        /// When the entry is sent at the latest.
        var due: Duration
    }

    enum Action: Sendable {
        case send([Entry])
        /// Nothing is due before this time; nil means not before an item is added or a batch fails.
        case wait(until: Duration?)
    }

    static var batchSize: Int { 10 }

    private let linger: Duration
    private let attempts: Int
    private let backoff: Backoff
    private var entries: [Entry] = []
    private var inFlight = 0
    /// Whether new entries are sent without lingering.
    var isFlushing = false

    /// - Parameters:
    ///   - linger: how long a new entry waits for others.
    ///   - attempts: how often an entry is sent at most.
    init(linger: Duration, attempts: Int, backoff: Backoff) {
        self.linger = linger
        self.attempts = attempts
        self.backoff = backoff
    }

    /// Whether no entry waits or is in flight.
    var isEmpty: Bool { entries.isEmpty && inFlight == 0 }

    /// Adds an item. Returns whether to call `next` again now: the entry is due before all others, or completes a
    /// batch.
    mutating func add(_ item: Item, now: Duration) -> Bool {
        let entry = Entry(item: item, due: now + linger)
        let isEarliest = entries.allSatisfy { entry.due < $0.due }
        entries.append(entry)
        return isFlushing || isEarliest || entries.count >= Self.batchSize
    }

    mutating func next(now: Duration) -> Action {
        // A failed entry waits for its own time; a new one joins any batch.
        let ready = entries.indices.filter { entries[$0].attempts == 0 || entries[$0].due <= now }
        let isDue = ready.count >= Self.batchSize || ready.contains { entries[$0].due <= now || isFlushing }
        guard isDue else { return .wait(until: entries.map(\.due).min()) }
        let chosen = ready.prefix(Self.batchSize)
        let batch = chosen.map { entries[$0] }
        for index in chosen.reversed() { entries.remove(at: index) }
        inFlight += batch.count
        return .send(batch)
    }

    /// Call when the entry was sent, or need not be sent any more.
    mutating func complete(_ entry: Entry) { inFlight -= 1 }

    /// Call when the entry failed. Returns whether it is sent again.
    ///
    /// - Parameter jitter: random, 0..<1; the same for all entries of a batch, so that they stay together.
    mutating func fail(_ entry: Entry, jitter: Double, now: Duration) -> Bool {
        inFlight -= 1
        var entry = entry
        entry.attempts += 1
        guard entry.attempts < attempts else { return false }
        entry.due = now + backoff.delay(attempt: entry.attempts, jitter: jitter)
        entries.append(entry)
        return true
    }
}
