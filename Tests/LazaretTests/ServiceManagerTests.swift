import Glibc
import TestKit
import Testing

@testable import Lazaret

/// What a service manager hears of a worker.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
    private let socket: ManagerSocket

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

    @Test func `it hears at half of its interval that the worker is alive`() async {
        let manager = manager(["WATCHDOG_USEC": "200000", "WATCHDOG_PID": "7"])
        let start = ContinuousClock.now
        let watchdog = Task { await manager.reportAlive() }
        for _ in 0..<4 { #expect(socket.next() == ["WATCHDOG=1"]) }
        // Four messages have three pauses between them.
        #expect(ContinuousClock.now - start >= .milliseconds(290))
        watchdog.cancel()
        await watchdog.value
    }

    @Test(arguments: [
        [:], ["WATCHDOG_USEC": "200000", "WATCHDOG_PID": "8"], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-4"],
        ["WATCHDOG_USEC": "soon"],
    ])
    func `a manager that does not ask hears nothing of it`(_ environment: [String: String]) async {
        let manager = manager(environment)
        await manager.reportAlive()
        manager.stopping()
        #expect(socket.next()?.first == "STOPPING=1")
    }

    @Test func `without a manager nothing is sent`() async {
        let manager = ServiceManager(["WATCHDOG_USEC": "200000"])
        await manager.reportAlive()
        manager.ready()
        manager.stopping()
        #expect(socket.next(within: 0) == nil)
    }
}
