internal import Domain
internal import Ledger
internal import Support

/// Sends the notices of one destination: takes those that are due, sends them in batches of which several are under way
/// at a time, and settles each.
final class DestinationLoop: Sendable {
    private struct State {
        var health = DestinationHealth()
        var count: NoticeDispatcher.Count
        var isStopping = false
        /// Whether it was reported that the ledger's notices can't be read.
        var isUnreadable = false
    }

    /// How many requests are under way at the same time.
    private static let width = 10
    /// The most bytes of a batch. SNS, SQS and EventBridge take 256 KiB with all attributes.
    private static let batchBytes = 192 << 10
    /// How many are sent until it is concluded again whether the destination can be used.
    private static let round = 200
    /// When a taken notice is due again unless it is settled. By default, the calls of its batch have ended before.
    private static let lease = lastCall + longestCall + .seconds(20)
    /// How often the ledger is asked for notices that other processes wrote.
    private static let polling = Duration.seconds(5)
    /// Of one notice.
    static let backoff = Backoff(base: .seconds(2), max: .seconds(300))
    /// Of a notice that the destination does not take while it takes others.
    static let refusedBackoff = Backoff(base: .seconds(60), max: .seconds(3600))

    private let destination: NoticeDestination
    private let ledger: any Ledger
    private let clocks: Clocks
    private let log: Log
    private let signal = Signal()
    private let state: Locked<State>

    init(_ destination: NoticeDestination, ledger: any Ledger, clocks: Clocks, log: Log) {
        self.destination = destination
        self.ledger = ledger
        self.clocks = clocks
        self.log = log
        state = Locked(State(count: NoticeDispatcher.Count(destination: destination.id)))
    }

    var count: NoticeDispatcher.Count {
        state.withLock { state in
            var count = state.count
            count.isDown = state.health.failures > 0 || state.health.isGone
            return count
        }
    }

    func wake() { signal.send() }

    func stop() {
        state.withLock { $0.isStopping = true }
        signal.send()
    }

    func run() async {
        let clock = clocks.monotonic
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                let (standing, isStopping) = state.withLock { ($0.health.standing(at: clock.now), $0.isStopping) }
                switch standing {
                case .usable:
                    if await sendSome(requests: Self.width) { continue }
                    if isStopping { return }
                    await signal.wait(until: clock.now + Self.polling, on: clock)
                case .probing:
                    if isStopping { return }
                    if await sendSome(requests: 1, isProbe: true) { continue }
                    await signal.wait(until: clock.now + Self.polling, on: clock)
                case .waiting(let end):
                    if isStopping { return }
                    await signal.wait(until: end, on: clock)
                case .gone:
                    if isStopping { return }
                    await signal.wait(until: nil, on: clock)
                }
            }
        } onCancel: {
            signal.send()
        }
    }

    /// Sends notices. While the destination takes them, further ones follow those that are answered, so that one slow
    /// answer does not hold up the others.
    ///
    /// - Parameters:
    ///   - requests: how many are under way at the same time.
    ///   - isProbe: whether one notice is sent to find out if the destination can be used.
    /// - Returns: whether there may be more to send at once.
    private func sendSome(requests: Int, isProbe: Bool = false) async -> Bool {
        let most = isProbe ? 1 : requests * destination.sender.batchSize
        let first = await take(most)
        guard !first.isEmpty else { return false }
        let results = await withTaskGroup(of: [SendFailure?].self) { group in
            for batch in batches(first) { group.addTask { [self] in await send(batch) } }
            var results: [SendFailure?] = []
            var isTaking = !isProbe
            var inHand = first.count
            while let answered = await group.next() {
                results += answered
                inHand -= answered.count
                isTaking = isTaking && answered.allSatisfy { $0 == nil } && results.count < Self.round
                guard isTaking, !Task.isCancelled, inHand <= most / 2 else { continue }
                for batch in batches(await take(most - inHand)) {
                    group.addTask { [self] in await send(batch) }
                    inHand += batch.count
                }
            }
            return results
        }
        note(results)
        return true
    }

    /// Divides notices into batches that fit a request.
    private func batches(_ records: [NoticeRecord]) -> [[NoticeRecord]] {
        var batches: [[NoticeRecord]] = []
        var bytes = 0
        for record in records {
            let size = record.notice.body.utf8.count
            if let last = batches.last, last.count < destination.sender.batchSize, bytes + size <= Self.batchBytes {
                batches[batches.count - 1].append(record)
                bytes += size
            } else {
                batches.append([record])
                bytes = size
            }
        }
        return batches
    }

    /// Takes notices that are due. None if the ledger can't be reached, which is watched and reported elsewhere.
    private func take(_ limit: Int) async -> [NoticeRecord] {
        let now = clocks.wall()
        do throws(LedgerError) {
            return try await ledger.takeNotices(
                for: destination.id, limit: limit, now: now, until: now.advanced(by: Self.lease))
        } catch {
            report(error)
            return []
        }
    }

    /// Logs once that notices can't be read because of what they hold.
    private func report(_ error: LedgerError) {
        let isNew = state.withLock { state in
            guard error.code == .corrupt, !state.isUnreadable else { return false }
            state.isUnreadable = true
            return true
        }
        guard isNew else { return }
        log(.error, "notices wait: the ledger's can't be read") { json in
            json.field("destination", destination.id)
            json.field("error", error.description)
        }
    }

    /// Concludes from the results of a round whether the destination can be used. If it took some notices, the failures
    /// of others are their own, unless the destination asked for a pause.
    private func note(_ results: [SendFailure?]) {
        let failures = results.compactMap(\.self).filter { [.unavailable, .gone].contains($0.kind) }
        let isAnswered = results.contains { $0 == nil || $0?.kind == .refused }
        let now = clocks.monotonic.now
        if let failure = failures.first(where: { $0.kind == .gone }) ?? (isAnswered ? nil : failures.first) {
            guard state.withLock({ $0.health.failed(failure, at: now) }) else { return }
            log(.error, "notices wait: their destination can't be used") { json in
                json.field("destination", destination.id)
                json.field("error", failure.description)
            }
        } else if isAnswered {
            let asked = failures.compactMap(\.retryAfter).max()
            let wasDown = state.withLock { state in
                defer { if let asked { state.health.pause(asked, at: now) } }
                return state.health.succeeded()
            }
            if wasDown { log(.info, "notices are sent again") { $0.field("destination", destination.id) } }
        }
    }

    /// - Returns: for each notice, why it was not taken; nil if it was.
    private func send(_ records: [NoticeRecord]) async -> [SendFailure?] {
        let failures = await destination.sender.send(records.map(\.notice))
        // Not cancelled: what was sent would be sent again.
        await Task { [self] in
            for (record, failure) in zip(records, failures) {
                let result = failure.map { note($0, of: record) } ?? .sent
                if failure == nil { state.withLock { $0.count.sent += 1 } }
                _ = try? await ledger.settleNotice(record.ticket, result, at: clocks.wall())
            }
        }.value
        return failures
    }

    /// Counts a failure, and returns when the notice is tried again.
    private func note(_ failure: SendFailure, of record: NoticeRecord) -> NoticeResult {
        guard failure.kind != .cancelled else { return .handedBack }
        state.withLock { $0.count.failed += 1 }
        let backoff = failure.kind == .refused ? Self.refusedBackoff : Self.backoff
        // Once for each notice, however often it is tried.
        if failure.kind == .refused, record.error == nil {
            log(.warning, "notice refused") { json in
                json.field("destination", destination.id)
                json.field("notice", record.number)
                json.field("id", record.notice.id)
                json.field("error", failure.description)
            }
        }
        let asked = min(failure.retryAfter ?? .zero, DestinationHealth.longestPause)
        let until = clocks.wall().advanced(by: max(asked, backoff.delay(attempt: record.attempts)))
        return failure.kind == .refused
            ? .refused(failure.description, until: until) : .failed(failure.description, until: until)
    }
}
