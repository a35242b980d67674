package import AWS
package import Domain
package import Ledger
package import Support

/// Puts the head of the ledger's chain into an object at regular times. Failures are reported, and hold nothing up.
///
/// The key is that of the time, rounded down to the interval, and the object is written only if it is absent: of all
/// workers that share a ledger one writes each anchor.
package final class AnchorKeeper: Sendable {
    private let s3: S3Client
    private let bucket: String
    private let prefix: String
    private let interval: Duration
    private let ledger: any ChainLedger
    private let clocks: Clocks
    private let log: Log
    private let state = Locked(State())

    private struct State {
        var failures: Int64 = 0
        var anchored: Timestamp?
        var sequence: Int64?
    }

    /// How long a failed anchor waits for its next attempt.
    private static let pause = Duration.seconds(30)

    /// - Parameter interval: of at least a second.
    package init(
        s3: S3Client, bucket: String, prefix: String, interval: Duration, ledger: any ChainLedger,
        clocks: Clocks = .system, log: Log
    ) {
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.interval = interval
        self.ledger = ledger
        self.clocks = clocks
        self.log = log
    }

    /// Anchors at once and then at each interval, until its task is cancelled.
    package func run() async {
        let milliseconds = max(1000, Int64(interval / .milliseconds(1)))
        while !Task.isCancelled {
            let now = clocks.wall().milliseconds
            let slot = now - now % milliseconds
            let isDone = await anchor(at: Timestamp(milliseconds: slot))
            let wait = isDone ? Duration.milliseconds(slot + milliseconds - now) : min(Self.pause, interval)
            guard (try? await clocks.monotonic.sleep(for: wait)) != nil else { return }
        }
    }

    /// - Returns: whether the anchor of this time is written, by this worker or another one.
    private func anchor(at slot: Timestamp) async -> Bool {
        do {
            let head = try await write(at: slot)
            let now = clocks.wall()
            state.withLock { state in
                state.anchored = now
                if let head { state.sequence = head.sequence }
            }
            if let head {
                log(.info, "ledger anchored") { json in
                    json.field("sequence", head.sequence)
                    json.field("hash", head.hash)
                }
            }
            return true
        } catch {
            guard !Task.isCancelled else { return false }
            state.withLock { $0.failures += 1 }
            log(.warning, "ledger not anchored") { json in
                json.field("bucket", bucket)
                json.field("error", "\(error)")
            }
            return false
        }
    }

    /// Writes the anchor of a time.
    ///
    /// - Returns: nil if there is one already.
    /// - Throws: `AWSError`, `LedgerError`.
    package func write(at time: Timestamp) async throws -> ChainHead? {
        guard let key = ObjectKey(prefix + LedgerAnchor.name(at: time)) else { throw KeyTooLong() }
        let head = try await ledger.chainHead()
        let anchor = LedgerAnchor(head, written: clocks.wall())
        do {
            _ = try await s3.put(anchor.bytes, at: ObjectLocation(bucket: bucket, key: key), ifAbsent: true)
        } catch {
            guard error.kind == .preconditionFailed else { throw error }
            return nil
        }
        return head
    }

    private struct KeyTooLong: Error, CustomStringConvertible {
        let description = "the prefix of the anchors is too long for a key"
    }

    /// In Prometheus' text format.
    package var metrics: String {
        let state = state.withLock { $0 }
        var page = MetricsPage()
        page.value(
            "lazaret_anchor_failures_total", "counter", "Anchors of the ledger that could not be written.",
            state.failures)
        page.value(
            "lazaret_anchored_seconds", "gauge",
            "When the last anchor of the ledger was written, in seconds since 1970.",
            state.anchored.map { $0.milliseconds / 1000 })
        page.value(
            "lazaret_anchored_sequence", "gauge", "The sequence in the last anchor that this worker wrote.",
            state.sequence)
        return page.text
    }
}
