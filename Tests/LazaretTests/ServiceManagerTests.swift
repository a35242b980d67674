import Dispatch
import Glibc
import Support
import TestKit
import Testing

@testable import Lazaret

/// What a service manager hears of a worker.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
    private let socket: ManagerSocket
    private let jobs = WorkThread("test.jobs")

    init() throws { socket = try ManagerSocket() }

    private func manager(_ more: [String: String] = [:], process: pid_t = 7) -> ServiceManager {
        ServiceManager(["NOTIFY_SOCKET": socket.address].merging(more) { _, new in new }, process: process)
    }

    @Test func `it hears of the start, of reloads and of the stop`() throws {
        let manager = manager()
        manager.ready()
        #expect(socket.next()?.first == "READY=1")
        manager.reloading()
        let message = try #require(socket.next())
        #expect(message[0] == "RELOADING=1")
        let microseconds = try #require(Int64(message[1].dropFirst("MONOTONIC_USEC=".count)))
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        #expect((now.tv_sec * 1_000_000 - 60_000_000...(now.tv_sec + 1) * 1_000_000).contains(Int(microseconds)))
        manager.reloaded()
        #expect(socket.next()?.first == "READY=1")
        manager.stopping()
        #expect(socket.next()?.first == "STOPPING=1")
    }

    /// Otherwise the end of a reload would count as the end of the start.
    @Test func `a reload before the worker is ready is not reported`() {
        let manager = manager()
        manager.reloading()
        manager.reloaded()
        manager.stopping()
        #expect(socket.next()?.first == "STOPPING=1")
    }

    @Test func `it hears at half of its interval that the worker is alive`() async throws {
        let manager = manager(["WATCHDOG_USEC": "200000", "WATCHDOG_PID": "7"])
        let start = ContinuousClock.now
        let watchdog = Task { await manager.reportAlive(while: jobs) }
        for _ in 0..<4 { try await socket.awaitLine("WATCHDOG=1") }
        // Four messages have three pauses between them.
        #expect(ContinuousClock.now - start >= .milliseconds(290))
        watchdog.cancel()
        await watchdog.value
    }

    @Test func `it hears nothing while the thread of the jobs is blocked, and of jobs that wait it does`() async throws
    {
        let manager = manager(["WATCHDOG_USEC": "100000", "WATCHDOG_PID": "7"])
        // A job that waits for a service.
        let answer = Promise<Void>()
        let waiting = Task(executorPreference: jobs) { await answer.value }
        let watchdog = Task { await manager.reportAlive(while: jobs) }
        for _ in 0..<3 { try await socket.awaitLine("WATCHDOG=1") }
        let (isBlocked, gate) = (Promise<Void>(), DispatchSemaphore(value: 0))
        let hung = Task(executorPreference: jobs) {
            isBlocked.keep(())
            block(until: gate)
        }
        await isBlocked.value
        // What was asked before the block may still be on its way.
        try await Task.sleep(for: .milliseconds(200))
        while socket.next(within: 0) != nil {}
        // Ten times as long as it would take.
        try await Task.sleep(for: .milliseconds(500))
        #expect(socket.next(within: 0) == nil)
        gate.signal()
        await hung.value
        try await socket.awaitLine("WATCHDOG=1")
        answer.keep(())
        await waiting.value
        watchdog.cancel()
        await watchdog.value
    }

    @Test(arguments: [
        [:], ["WATCHDOG_USEC": "200000", "WATCHDOG_PID": "8"], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-4"],
        ["WATCHDOG_USEC": "soon"],
    ])
    func `a manager that does not ask hears nothing of it`(_ environment: [String: String]) async {
        let manager = manager(environment)
        await manager.reportAlive(while: jobs)
        manager.stopping()
        #expect(socket.next()?.first == "STOPPING=1")
    }

    @Test func `without a manager nothing is sent`() async {
        let manager = ServiceManager(["WATCHDOG_USEC": "200000"])
        await manager.reportAlive(while: jobs)
        manager.ready()
        manager.stopping()
        #expect(socket.next(within: 0) == nil)
    }
}

/// Blocks its thread, as a job must not.
private func block(until gate: DispatchSemaphore) { gate.wait() }
