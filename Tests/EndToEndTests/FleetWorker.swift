import Glibc
import Support
import TestKit
import TestRandom
import Testing

/// One worker of a fleet, restarted after each kill.
final class FleetWorker: Sendable {
    private let fleet: Fleet
    private let number: Int
    private let program = Locked<Program?>(nil)

    init(_ fleet: Fleet, number: Int) { (self.fleet, self.number) = (fleet, number) }

    func start() throws {
        let started = try fleet.start()
        program.withLock { $0 = started }
    }

    /// Waits until the worker has a ledger and receives messages.
    func untilStarted() async throws {
        guard let program = program.withLock({ $0 }) else { return }
        try await program.logged("started")
    }

    /// Kills the worker at random moments, and starts it again each time.
    func restartRepeatedly(until end: ContinuousClock.Instant) async throws {
        guard let most = fleet.plan.life else { return }
        var dice = SeededGenerator(seed: fleet.plan.seed &+ 100 &+ UInt64(number))
        while true {
            let death = ContinuousClock.now + dice.time(upTo: most)
            guard death < end else { return }
            try await Task.sleep(until: death)
            guard let program = program.withLock({ $0 }) else { return }
            program.send(SIGKILL)
            let exit = try await program.exit(within: .seconds(30))
            #expect(exit.ending == .signal(SIGKILL), "worker \(number) ended before the kill: \(exit.standardError)")
            fleet.history.withLock { $0.kills += 1 }
            try start()
        }
    }

    /// Stops the worker gracefully.
    func stop() async throws {
        guard let program = program.withLock({ $0 }) else { return }
        program.send(SIGTERM)
        let exit = try await program.exit(within: .seconds(60))
        #expect(exit.ending == .code(0), "worker \(number): \(exit.standardError)")
    }
}
