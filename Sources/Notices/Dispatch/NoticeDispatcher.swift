package import Domain
package import Ledger
package import Support

/// Sends the notices of the ledger's outbox, each at least once, until it is stopped.
///
/// Each destination has a loop of its own: one that is down delays its own notices alone, and nothing else waits for
/// any. Several workers may do the same on one ledger.
package final class NoticeDispatcher: Sendable {
    /// How a destination does, by what this worker has seen.
    package struct Count: Sendable, Equatable {
        package let destination: String
        /// By this worker.
        package var sent = 0
        /// Attempts of this worker.
        package var failed = 0
        package var isDown = false
        /// In the ledger, when it was last read.
        package var pending = 0
        package var oldest: Timestamp?
    }

    private let loops: [DestinationLoop]
    private let ledger: any Ledger
    private let clocks: Clocks
    private let log: Log
    private let backlog = Locked<[NoticeBacklog]>([])
    private let stopped = Signal()

    /// How often the ledger's outbox is measured.
    private static let measuring = Duration.seconds(15)
    /// How long notices are kept after they were sent, and how often older ones are removed.
    package static let kept = Duration.seconds(7 * 86_400)
    private static let pruning = Duration.seconds(3600)

    package init(_ destinations: [NoticeDestination], ledger: any Ledger, clocks: Clocks = .system, log: Log) {
        loops = destinations.map { DestinationLoop($0, ledger: ledger, clocks: clocks, log: log) }
        self.ledger = ledger
        self.clocks = clocks
        self.log = log
    }

    /// Sends until `stop` has been called and what is due is sent, or the task is cancelled.
    package func run() async {
        let keeper = Task { await keep() }
        defer { keeper.cancel() }
        await withTaskGroup { group in
            for loop in loops { group.addTask { await loop.run() } }
            // Without a destination, what waits for former ones is still measured.
            if loops.isEmpty { group.addTask { [self] in await untilStopped() } }
        }
    }

    private func untilStopped() async {
        await withTaskCancellationHandler {
            await stopped.wait(on: clocks.monotonic)
        } onCancel: {
            stopped.send()
        }
    }

    /// Has notices that were just written sent at once.
    package func wake() { for loop in loops { loop.wake() } }

    /// Has `run` return once no notice is due at a destination that can be used.
    package func stop() {
        for loop in loops { loop.stop() }
        stopped.send()
    }

    package var counts: [Count] {
        let measured = backlog.withLock { $0 }.reduce(into: [String: NoticeBacklog]()) { $0[$1.destination] = $1 }
        let known = loops.map { loop in
            var count = loop.count
            count.pending = measured[count.destination]?.pending ?? 0
            count.oldest = measured[count.destination]?.oldest
            return count
        }
        let others = measured.values.filter { other in !known.contains { $0.destination == other.destination } }
        return known
            + others.sorted { $0.destination < $1.destination }.map {
                Count(destination: $0.destination, pending: $0.pending, oldest: $0.oldest)
            }
    }

    /// Measures the outbox and removes what was sent long ago.
    private func keep() async {
        let clock = clocks.monotonic
        var nextPruning = clock.now
        var reported: Set<String> = []
        while !Task.isCancelled {
            if let measured = try? await ledger.noticeBacklog() {
                backlog.withLock { $0 = measured }
                report(measured, &reported)
            }
            if clock.now >= nextPruning {
                await prune()
                nextPruning = clock.now + Self.pruning
            }
            do { try await clock.sleep(for: Self.measuring) } catch { return }
        }
    }

    /// Logs once that a destination has notices and no pipeline names it any more.
    private func report(_ measured: [NoticeBacklog], _ reported: inout Set<String>) {
        for waiting in measured where !loops.contains(where: { $0.count.destination == waiting.destination }) {
            guard reported.insert(waiting.destination).inserted else { continue }
            log(.warning, "notices wait for a destination that no pipeline of this worker has") { json in
                json.field("destination", waiting.destination)
                json.field("pending", waiting.pending)
            }
        }
    }

    private func prune() async {
        let limit = 1000
        while !Task.isCancelled {
            let before = clocks.wall().advanced(by: .zero - Self.kept)
            guard let removed = try? await ledger.pruneNotices(sentBefore: before, limit: limit), removed == limit
            else { return }
        }
    }
}
