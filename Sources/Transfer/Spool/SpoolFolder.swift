package import Support

/// The folder that spools are made in, or that scanners unpack under: what spools hold, what its disk can take, and the wait for room once that was full.
package final class SpoolFolder: Sendable {
    /// Bytes that the spools of this process hold.
    package struct Held: Sendable, Equatable {
        package var onDisk: Int64 = 0
        package var inMemory: Int64 = 0
    }

    private struct State {
        var held = Held()
        /// Fetches that met a full disk and wait for room.
        var waiting = 0
        /// Bytes that fetches which had to wait are about to write.
        var promised: Int64 = 0
        /// No more waiting: who would wait fails instead.
        var isClosed = false
    }

    package let path: String
    private let look: @Sendable () -> DiskSpace?
    private let pause: @Sendable (Duration) async -> Void
    private let state = Locked(State())

    /// How long one fetch waits for room, and how often it looks.
    private static let (longestWait, interval): (Duration, Duration) = (.seconds(600), .seconds(1))

    /// - Parameters:
    ///   - look: how full the disk is; nil: as the file system says.
    ///   - clock: what waits are measured by.
    package init(
        _ path: String, look: (@Sendable () -> DiskSpace?)? = nil,
        clock: any Clock<Duration> & Sendable = ContinuousClock()
    ) {
        self.path = path
        self.look = look ?? { DiskSpace(of: path) }
        pause = { try? await clock.sleep(for: $0) }
    }

    package var held: Held { state.withLock { $0.held } }

    /// Nil where the file system does not tell.
    package var space: DiskSpace? { look() }

    /// Whether a fetch met a full disk and waits for room.
    package var isWaitedFor: Bool { state.withLock { $0.waiting > 0 } }

    /// Ends all waiting for room, now and later: for a worker that stops.
    package func stopWaiting() { state.withLock { $0.isClosed = true } }

    func count(_ bytes: Int64, inMemory: Bool) {
        state.withLock { state in
            if inMemory { state.held.inMemory += bytes } else { state.held.onDisk += bytes }
        }
    }

    /// Runs a fetch, and again each time that it met a full disk and there is room for it since. It may take ten minutes to
    /// come to that, all waits together; then, or when the waiting is stopped, the error is the fetch's own.
    ///
    /// - Parameters:
    ///   - bytes: what the fetch writes at the most; asked for before each wait.
    ///   - makingRoom: called before a wait: gives back what the failed try wrote.
    package func retryingWhenFull<Result>(
        bytes: @autoclosure () -> Int64, makingRoom: () -> Void = {}, _ fetch: () async throws -> Result
    ) async throws -> Result {
        var patience = Self.longestWait
        var promised: Int64 = 0
        defer { state.withLock { $0.promised -= promised } }
        while true {
            do {
                return try await fetch()
            } catch let error as SystemError where error.isDiskFull {
                state.withLock { $0.promised -= promised }
                promised = 0
                makingRoom()
                let wanted = bytes()
                guard await waitForRoom(wanted, &patience) else { throw error }
                promised = wanted
            }
        }
    }

    /// Returns true with the bytes promised; false where the patience is at its end or the waiting is stopped.
    private func waitForRoom(_ bytes: Int64, _ patience: inout Duration) async -> Bool {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        // What was full a moment ago is given a moment, whatever the file system says.
        while patience > .zero, !state.withLock({ $0.isClosed }), !Task.isCancelled {
            await pause(Self.interval)
            patience -= Self.interval
            guard let spare = space?.spare else { return false }
            let hasRoom = state.withLock { state in
                guard !state.isClosed, spare - state.promised >= bytes else { return false }
                state.promised += bytes
                return true
            }
            if hasRoom { return true }
        }
        return false
    }
}
