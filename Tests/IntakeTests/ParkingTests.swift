import AWS
import Domain
import Support
import TestKit
import Testing

@testable import Intake

/// Work of a pipeline that can't go on waits in hand, and keeps nobody else's from being received.
@Suite(.timeLimit(.minutes(1))) struct ParkingTests {
    private static let most = WorkDispatcher.maxParked

    @Test func `the work of others is received beside as much parked work as there may be`() async throws {
        let clock = ManualClock()
        let queue = MemoryQueue.answeringAtOnce(clock: clock)
        for number in 1...(Self.most + 50) { queue.send(keys: ["down\(number)"], id: "down\(number)") }
        queue.send(keys: ["up"], id: "up")
        let capacity = Capacity(permits: 4)
        let dispatcher = WorkDispatcher(
            lanes: [.live], capacity: capacity, request: { _ in .small },
            space: { SpoolSpace(disk: DiskSpace(free: .max, total: 0), spooled: 0) },
            mayStart: { $0.key?.hasPrefix("down") != true }, clocks: Clocks(clock),
            log: LogLines().log(threshold: .error))
        var configuration = IntakeConfiguration(.live, capacity)
        configuration.stopGrace = .zero
        configuration.ackLinger = .zero
        configuration.maxReceives = 5
        let intake = Intake(
            queue: queue, configuration: configuration, dispatcher: dispatcher, clocks: Clocks(clock),
            log: LogLines().log(threshold: .error))
        let running = Task { try await intake.run() }
        let (work, permit) = try #require(await dispatcher.next())
        #expect(work.key == "up")
        #expect(dispatcher.status.parked == Self.most)
        work.settle(.done)
        dispatcher.release(permit)
        // The others are hidden for an hour, and each has lost one receive of five.
        await queue.until { $0.changes.count { $0.timeout == .seconds(3600) } == 50 }
        intake.stop()
        try await running.value
    }

    @Test func `the receives of a postponed message last for longer than half a day`() {
        let waits = (1...5).map { WorkDispatcher.postponement(receives: $0) / .seconds(3600) }
        #expect(waits == [1, 2, 4, 6, 6])
        // SQS hides a message for 12 hours at most.
        #expect(WorkDispatcher.postponement(receives: .max) <= .seconds(43_200 - 3600))
    }
}
