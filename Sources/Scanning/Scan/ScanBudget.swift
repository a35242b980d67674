import CClamAV
import Domain
import Glibc
import ScanProtocol
import Unpacking

/// What one object may use: files, bytes, levels and time, counted over the object and all that is unpacked from it.
struct ScanBudget {
    let limits: ScanLimits
    /// The largest file that may be scanned, in bytes.
    let sizeLimit: Int64
    /// The bytes that the streams of all PDFs in the object may decode to. Honest ones decode to less than a tenth.
    let pdfOutput: Int64
    /// The bytes that parts of the same container may share beyond `storedRatio`. In honest files they share none, or
    /// whole parts.
    let sharedBytes: Int64
    /// On the clock of `now()`.
    let deadline: Int64
    /// The processor time of this process, in milliseconds, at which the work that the object's size warrants is done.
    private let lastMillisecond: Int64

    /// Beyond this, libclamav's recursion might overflow the stack.
    private static let deepestRecursion = 100

    /// Processor milliseconds for any object, and for each MiB of it. Honest files take less than a tenth of that;
    /// small files that multiply their work are given up long before a generous time limit.
    private static let fewestMilliseconds: Int64 = 15_000
    private static let millisecondsPerMiB: Int64 = 20_000
    /// Beyond what is left, for what cannot be stopped between two steps. Then the process ends.
    private static let overrun: Int64 = 2000

    private static let leastPDFOutput: Int64 = 64 << 20
    private static let pdfOutputRatio: Int64 = 100

    /// How many bytes the parts of a container may have for each of its own before they count as shared: some bytes are
    /// taken out in several ways.
    static let storedRatio: Int64 = 4
    private static let leastSharedBytes: Int64 = 16 << 20
    private static let sharedBytesRatio: Int64 = 2

    /// When the work on an object began.
    struct Start {
        /// On the clock of `now()`, in milliseconds.
        var wall = now()
        /// The processor time of this process, in milliseconds.
        var processor = ScanBudget.processorMilliseconds
    }

    /// - Parameter size: of the object, in bytes.
    init(_ limits: ScanLimits, start: Start = Start(), size: Int64 = 0) {
        self.limits = limits
        sizeLimit = min(max(limits.maxScanSize, 1), EngineLimits.ceiling)
        pdfOutput = Self.leastPDFOutput + Self.pdfOutputRatio * size
        sharedBytes = Self.leastSharedBytes + Self.sharedBytesRatio * size
        deadline = start.wall + max(1, limits.timeout.wholeMilliseconds)
        lastMillisecond = start.processor + Self.fewestMilliseconds + Self.millisecondsPerMiB * size >> 20
    }

    /// As the engine counts them: 1 is the object alone.
    var levels: Int { min(max(1, limits.maxRecursion), Self.deepestRecursion) }
    var files: Int64 { min(max(1, Int64(limits.maxFiles)), Int64(UInt32.max)) }
    var bytes: Int64 { max(1, limits.maxScanSize) }
    /// The largest file that may be unpacked. One above the engine's ceiling is inspected in parts.
    var unpackingLimit: Int64 { limits.overCeiling == .stream ? bytes : sizeLimit }
    var millisecondsLeft: Int64 { min(wallMillisecondsLeft, processorMillisecondsLeft) }
    var wallMillisecondsLeft: Int64 { deadline - now() }

    private var processorMillisecondsLeft: Int64 { lastMillisecond - Self.processorMilliseconds }

    private static var processorMilliseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Whether a pass of the engine may go on, which is asked for each file in it.
    func allowsNextLayer() -> Bool {
        guard millisecondsLeft > 0 else { return false }
        enforce()
        return true
    }

    /// Ends the process if its next steps take much more processor time than is left.
    func enforce() {
        ProgressWatch.limitWork(milliseconds: processorMillisecondsLeft + Self.overrun, exitCode: ChildEnd.outOfTime)
    }

    /// The limits for one more file.
    struct Remaining {
        let levels: Int64
        let files: Int64
        let bytes: Int64
    }

    /// Returns what is left for a file at `level` after `files` files of `bytes` bytes.
    func remaining(level: Int, files: Int64, bytes: Int64) throws(Exhausted) -> Remaining {
        guard millisecondsLeft > 0 else { throw Exhausted(kind: .outOfTime) }
        enforce()
        guard level < levels else { throw Exhausted(kind: .tooDeep) }
        guard files < self.files else { throw Exhausted(kind: .tooManyFiles) }
        guard bytes < self.bytes else { throw Exhausted(kind: .tooManyBytes) }
        return Remaining(levels: Int64(levels - level), files: self.files - files, bytes: self.bytes - bytes)
    }

    /// Nothing of one limit is left.
    struct Exhausted: Error {
        let kind: ScanGap.Kind

        func gap(_ detail: String) -> ScanGap { ScanGap(kind, detail) }
    }
}
