import Domain
import Intake
import Support
import TestKit
import Testing

/// An intake at work on a queue in memory, on a clock that the test moves.
final class IntakeBench: Sendable {
    let clock = ManualClock()
    let queue: FakeQueue
    let intake: Intake
    private let running: Locked<Task<Void, any Error>?> = Locked(nil)
    private let lines = Locked<[String]>([])

    init(
        concurrency: Int = 4, _ configure: (inout IntakeConfiguration) -> Void = { _ in },
        mayReceive: @escaping @Sendable () -> Bool = { true }
    ) {
        let queue = FakeQueue(clock: clock)
        var configuration = IntakeConfiguration(concurrency: concurrency)
        // The clock stands still: a request that waits is cut off at once, unless the test is about that.
        configuration.stopGrace = .zero
        configure(&configuration)
        let lines = LineBox()
        self.queue = queue
        box = lines
        intake = Intake(
            queue: queue, configuration: configuration, clock: clock,
            wallClock: { [clock] in Timestamp(milliseconds: 1_795_248_600_000).advanced(by: clock.now.offset) },
            mayReceive: mayReceive,
            log: Log(threshold: .debug) { lines.append(String(decoding: $0, as: UTF8.self)) })
    }

    private let box: LineBox

    var log: [String] { box.lines }

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

    func next() async throws -> Assignment { try #require(await intake.next()) }

    func next(_ count: Int) async throws -> [Assignment] {
        var assignments: [Assignment] = []
        for _ in 0..<count { assignments.append(try await next()) }
        return assignments
    }

    /// Waits until leases were extended so often: the clock must not run ahead of the answers.
    func untilExtensions(_ count: Int) async {
        try? await eventually { intake.counters.extensions >= count }
    }

    /// Lets what is ready to run do so, without time passing. For what must not happen only: what must is awaited.
    func settleDown() async { for _ in 0..<200 { await Task.yield() } }
}

final class LineBox: Sendable {
    private let state = Locked<[String]>([])
    var lines: [String] { state.withLock { $0 } }
    func append(_ line: String) { state.withLock { $0.append(line) } }
}

extension Assignment {
    /// The key of its job; nil where it has none.
    var key: String? { if case .job(let job) = work { job.object.key.text } else { nil } }

    var unreadable: UnreadableBody? { if case .unreadable(let body) = work { body } else { nil } }
}

extension IntakeBench {
    /// Stops, and moves the clock until `run()` has returned: for what is retried at the end.
    func stopMovingTheClock() async throws {
        intake.stop()
        let moving = Task {
            while !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                await settleDown()
            }
        }
        defer { moving.cancel() }
        try await end()
    }
}
