package import Support

/// The folder of spools on disk, or the scratch folder of scanners. Counts the spools' bytes, and lets work wait for
/// space if the disk is full.
package final class SpoolFolder: Sendable {
    /// Bytes in the spools of this process.
    package struct Held: Sendable, Equatable {
        package var onDisk: Int64 = 0
        package var inMemory: Int64 = 0
    }

    private struct State {
        var held = Held()
        /// Operations that found the disk full and wait for space.
        var waiting = 0
        /// Bytes that operations are about to write after a wait.
        var reserved: Int64 = 0
        /// Whether operations fail instead of waiting.
        var isClosed = false
    }

    package let path: String
    private let diskSpace: @Sendable () -> DiskSpace?
    private let pause: @Sendable (Duration) async -> Void
    private let state = Locked(State())

    /// How long one operation waits for space, and how often it checks.
    private static let (maxWait, interval): (Duration, Duration) = (.seconds(600), .seconds(1))

    /// - Parameters:
    ///   - diskSpace: returns the space of the disk; nil to read it from the file system.
    ///   - clock: the clock of waits.
    package init(
        _ path: String, diskSpace: (@Sendable () -> DiskSpace?)? = nil,
        clock: any Clock<Duration> & Sendable = ContinuousClock()
    ) {
        self.path = path
        self.diskSpace = diskSpace ?? { DiskSpace(of: path) }
        pause = { try? await clock.sleep(for: $0) }
    }

    package var held: Held { state.withLock { $0.held } }

    /// Nil if the file system does not report it.
    package var space: DiskSpace? { diskSpace() }

    /// Whether an operation waits for space.
    package var isWaitedFor: Bool { state.withLock { $0.waiting > 0 } }

    /// Ends all waits, now and later: for a worker that stops.
    package func stopWaiting() { state.withLock { $0.isClosed = true } }

    func count(_ bytes: Int64, inMemory: Bool) {
        state.withLock { state in
            if inMemory { state.held.inMemory += bytes } else { state.held.onDisk += bytes }
        }
    }

    /// Runs an operation, and repeats it after a wait for space if the disk was full. All waits together take at most
    /// ten minutes; then, or if waits are stopped, the operation's own error is thrown.
    ///
    /// - Parameters:
    ///   - bytes: the maximum number of bytes that the operation writes; evaluated before each wait.
    ///   - freeSpace: called before a wait; frees what the failed try wrote.
    package func retryingWhenFull<Result>(
        bytes: @autoclosure () -> Int64, freeSpace: () -> Void = {}, _ operation: () async throws -> Result
    ) async throws -> Result {
        var remaining = Self.maxWait
        var reserved: Int64 = 0
        defer { state.withLock { $0.reserved -= reserved } }
        while true {
            do {
                return try await operation()
            } catch let error as SystemError where error.isDiskFull {
                state.withLock { $0.reserved -= reserved }
                reserved = 0
                freeSpace()
                let wanted = bytes()
                guard await reserve(wanted, waiting: &remaining) else { throw error }
                reserved = wanted
            }
        }
    }

    /// Waits for space and reserves it. Returns false if the time is over or waits are stopped.
    private func reserve(_ bytes: Int64, waiting remaining: inout Duration) async -> Bool {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        // Waits first, even if the file system reports space: a moment ago the disk was full.
        while remaining > .zero, !state.withLock({ $0.isClosed }), !Task.isCancelled {
            await pause(Self.interval)
            remaining -= Self.interval
            guard let spare = space?.spare else { return false }
            let hasSpace = state.withLock { state in
                guard !state.isClosed, spare - state.reserved >= bytes else { return false }
                state.reserved += bytes
                return true
            }
            if hasSpace { return true }
        }
        return false
    }
}
