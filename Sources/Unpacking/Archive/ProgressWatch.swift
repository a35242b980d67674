internal import CShims

/// The bound on the processor time that a C library may take over one container without progress: a part, bytes of one,
/// or bytes of the container that it has not read before.
///
/// The process ends beyond that bound, because the library's call cannot be interrupted. Without `start`, nothing is
/// bounded.
package final class ProgressWatch {
    /// The process's exit code if the first form makes no progress; the other forms follow in order.
    package static let firstExitCode: CInt = 100
    private static let interval = 200_000
    /// One second.
    private static let fewestTicks: CInt = 5
    /// One more tick for so many bytes of the container: its directory may be that long.
    private static let bytesPerTick: Int64 = 2 << 20
    private static let mostTicks: Int64 = 300

    private let exitCode: CInt
    private let ticks: CInt
    private var ticksLeft: CInt

    package init(_ form: ContainerForm, size: Int64) {
        exitCode = Self.exitCode(for: form)
        ticks = Self.fewestTicks + CInt(min(max(0, size) / Self.bytesPerTick, Self.mostTicks))
        ticksLeft = ticks
    }

    /// Starts the watch in this process, which must have one thread. Returns false if the kernel refuses it.
    package static func start() -> Bool { lz_watch_start(interval) == 0 }

    package static func exitCode(for form: ContainerForm) -> CInt {
        firstExitCode + CInt(ContainerForm.allCases.firstIndex(of: form) ?? 0)
    }

    /// The form that made no progress if the process ended with this exit code.
    package static func form(exitCode: CInt) -> ContainerForm? {
        let index = Int(exitCode - firstExitCode)
        return ContainerForm.allCases.indices.contains(index) ? ContainerForm.allCases[index] : nil
    }

    /// Bounds the processor time of all that this process does from now on, however much progress it makes.
    ///
    /// - Parameters:
    ///   - milliseconds: nil removes the bound.
    ///   - exitCode: of this process if it takes longer.
    package static func limitWork(milliseconds: Int64?, exitCode: CInt) {
        guard let milliseconds else { return lz_work_limit(0, 0) }
        lz_work_limit(exitCode, CInt(clamping: max(1, milliseconds / Int64(interval / 1000))))
    }

    /// Calls the library. What the call uses counts with that of earlier calls since the last progress.
    func during<Result>(_ call: () -> Result) -> Result {
        let interrupted = lz_step_begin(exitCode, ticksLeft)
        defer { ticksLeft = lz_step_end(interrupted) }
        return call()
    }

    /// Notes progress between two calls.
    func renew() { ticksLeft = ticks }

    /// Notes progress within a call.
    func renewCurrent() { lz_step_renew(ticks) }
}
