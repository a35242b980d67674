internal import Domain
internal import Ledger
internal import Support

/// Sends the notices of one destination: takes those that are due, sends them concurrently, and settles each.
final class DestinationLoop: Sendable {
    private struct State {
        var health = DestinationHealth()
        var count: NoticeDispatcher.Count
        var isStopping = false
        /// Whether it was reported that the ledger's notices can't be read.
        var isUnreadable = false
    }

    /// How many notices are sent at the same time.
    private static let width = 10
    /// How many are sent until it is concluded again whether the destination can be used.
    private static let round = 200
    /// When a taken notice is due again unless it is settled: longer than a call takes by default, with three attempts
    /// of `sendTimeout` and two waits of up to 20 s that AWS asked for.
    private static let lease = Duration.seconds(120)
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
                    if await sendSome(Self.width) { continue }
                    if isStopping { return }
                    await signal.wait(until: clock.now + Self.polling, on: clock)
                case .probing:
                    if isStopping { return }
                    if await sendSome(1) { continue }
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

    /// Sends notices, `limit` at the same time. While the destination takes them, further ones follow those that are
    /// answered, so that one slow answer does not hold up the others.
    ///
    /// - Returns: whether there may be more to send at once.
    private func sendSome(_ limit: Int) async -> Bool {
        let first = await take(limit)
        guard !first.isEmpty else { return false }
        let results = await withTaskGroup(of: SendFailure?.self) { group in
            for record in first { group.addTask { [self] in await send(record) } }
            var results: [SendFailure?] = []
            // A probe is one notice.
            var isTaking = limit > 1
            var inHand = first.count
            while let result = await group.next() {
                results.append(result)
                inHand -= 1
                isTaking = isTaking && result == nil && results.count < Self.round && !Task.isCancelled
                guard isTaking, inHand <= limit / 2 else { continue }
                for record in await take(limit - inHand) {
                    group.addTask { [self] in await send(record) }
                    inHand += 1
                }
            }
            return results
        }
        note(results)
        return true
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

    /// - Returns: why the notice was not taken; nil if it was.
    private func send(_ record: NoticeRecord) async -> SendFailure? {
        var failure: SendFailure?
        do throws(SendFailure) { try await destination.sender.send(record.notice) } catch { failure = error }
        let result = failure.map { note($0, of: record) } ?? .sent
        if failure == nil { state.withLock { $0.count.sent += 1 } }
        // Not cancelled: what was sent would be sent again.
        await Task { [self] in
            _ = try? await ledger.settleNotice(record.ticket, result, at: clocks.wall())
        }.value
        return failure
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
        let delay = max(asked, backoff.delay(attempt: record.attempts))
        return .failed(failure.description, until: clocks.wall().advanced(by: delay))
    }
}
