internal import Glibc
internal import Support

/// The service manager that started this worker, if there is one: hears when the worker is ready, reloads and stops,
/// and, if it asks for that, that the worker is alive (`Type=notify`, `WatchdogSec=`).
final class ServiceManager: Sendable {
    private let socket: NotifySocket?
    /// How often the worker says that it is alive: half of what the manager waits for. Nil if the manager does not ask.
    private let interval: Duration?
    private let isReady = Locked(false)

    /// - Parameter environment: has `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`, as sd_notify(3) and
    ///   sd_watchdog_enabled(3) describe them.
    init(_ environment: [String: String], process: pid_t = getpid()) {
        socket = environment["NOTIFY_SOCKET"].flatMap { NotifySocket($0) }
        let isAsked = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        interval =
            isAsked
            ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? .microseconds($0 / 2) : nil } : nil
    }

    func ready() {
        isReady.withLock { $0 = true }
        send("READY=1", "STATUS=takes on work")
    }

    /// Does nothing before the worker was ready, since a manager takes the end of a reload for that.
    func reloading() {
        guard isReady.withLock(\.self) else { return }
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        send("RELOADING=1", "MONOTONIC_USEC=\(microseconds)", "STATUS=checks its pipelines")
    }

    /// The worker goes on without a restart.
    func reloaded() {
        if isReady.withLock(\.self) { ready() }
    }

    func stopping() { send("STOPPING=1", "STATUS=finishes what it has in hand") }

    /// Says that the worker is alive until the task is cancelled; returns at once if the manager does not ask.
    ///
    /// - Parameter jobs: the thread of the jobs. While it is blocked, nothing is said; a job that waits for a service
    ///   does not block it.
    func reportAlive(while jobs: WorkThread) async {
        guard socket != nil, let interval else { return }
        repeat {
            await jobs.turn()
            if !Task.isCancelled { send("WATCHDOG=1") }
        } while (try? await Task.sleep(for: interval)) != nil
    }

    /// A message that can't be delivered is left out: the manager notices by its own deadlines.
    private func send(_ lines: String...) {
        try? socket?.send(lines)
    }
}
