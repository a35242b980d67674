import Domain
import Intake
import Support
import TestKit
import Testing

/// A running intake on a queue in memory, on a clock that the test moves.
final class IntakeFixture: Sendable {
    let clock = ManualClock()
    let queue: MemoryQueue
    let intake: Intake
    private let dispatcher: WorkDispatcher
    private let lines = LogLines()
    private let running: Locked<Task<Void, any Error>?> = Locked(nil)

    init(
        concurrency: Int = 4, _ configure: (inout IntakeConfiguration) -> Void = { _ in },
        mayReceive: @escaping @Sendable () -> Bool = { true }
    ) {
        queue = MemoryQueue(clock: clock)
        queue.change { $0.firstReceivedAt = Timestamp(milliseconds: 1_795_248_550_123) }
        var configuration = IntakeConfiguration(concurrency: concurrency)
        // The clock stands still: a pending request is cancelled at once, unless the test is about that.
        configuration.stopGrace = .zero
        configure(&configuration)
        let log = lines.log(threshold: .debug)
        dispatcher = WorkDispatcher(
            lanes: [.live], capacity: Capacity(permits: .max), request: { _ in .small },
            space: { SpoolSpace(disk: DiskSpace(free: 0, total: 0), spooled: 0) }, log: log)
        intake = Intake(
            queue: queue, configuration: configuration, dispatcher: dispatcher,
            clocks: Clocks(clock) { [clock] in
                Timestamp(milliseconds: 1_795_248_600_000).advanced(by: clock.now.offset)
            }, mayReceive: mayReceive, log: log)
    }

    var log: [String] { lines.all }

    func start() {
        let intake = intake
        let task = Task { try await intake.run() }
        running.withLock { $0 = task }
    }

    /// Waits for `run()` to return.
    func end() async throws {
        let task = running.withLock { $0 }
        try await task?.value
    }

    func cancelRun() { running.withLock { $0 }?.cancel() }

    /// Stops, and waits for `run()` to return.
    func stop() async throws {
        intake.stop()
        try await end()
    }

    /// Waits for the next piece of work; nil once the intake is closed, or if the task is cancelled.
    func nextOrEnd() async -> Assignment? { await dispatcher.next()?.0 }

    func next() async throws -> Assignment { try #require(await nextOrEnd()) }

    func next(_ count: Int) async throws -> [Assignment] {
        var assignments: [Assignment] = []
        for _ in 0..<count { assignments.append(try await next()) }
        return assignments
    }

    /// Waits until so many leases were extended: the clock must not run ahead of the answers.
    func untilExtensions(_ count: Int) async {
        try? await eventually { intake.counters.extensions >= count }
    }
}

/// Lets ready tasks run, without time passing. Only for what must not happen; await what must.
func yieldToOthers() async { for _ in 0..<200 { await Task.yield() } }

extension Assignment {
    /// The key of its job; nil if the record is unreadable.
    var key: String? { if case .job(let job) = work { job.object.key.text } else { nil } }

    var unreadable: UnreadableBody? { if case .unreadable(let body) = work { body } else { nil } }
}

extension IntakeFixture {
    /// Stops, and moves the clock until `run()` has returned: for what is retried at the end.
    func stopMovingTheClock() async throws {
        intake.stop()
        let moving = Task {
            while !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                await yieldToOthers()
            }
        }
        defer { moving.cancel() }
        try await end()
    }
}

extension MemoryQueue {
    /// Sends a message with one record for each key.
    func send(keys: [String], id: String) {
        let sequencer = id.utf8.map { String($0, radix: 16) }.joined()
        let records = keys.map { recordText(key: $0, sequencer: sequencer) }.joined(separator: ",")
        send("{\"Records\":[\(records)]}", id: id)
    }

    /// Sends messages `m1`, `m2`, … with one record each.
    func send(count: Int) { for index in 1...count { send(keys: ["k\(index)"], id: "m\(index)") } }
}
