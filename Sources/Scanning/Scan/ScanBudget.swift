import CClamAV
import Domain
import ScanProtocol

/// What the limits leave, counted over an object and all that is unpacked from it, by whomever.
struct ScanBudget {
    let limits: ScanLimits
    /// The largest file that may be scanned, in bytes.
    let sizeLimit: Int64
    /// On the clock of `now()`.
    let deadline: Int64

    /// Beyond this, libclamav's own recursion might outgrow the stack.
    private static let deepestRecursion = 100

    init(_ limits: ScanLimits, start: Int64) {
        self.limits = limits
        sizeLimit = min(max(limits.maxScanSize, 1), EngineLimits.ceiling)
        deadline = start + max(1, limits.timeout.wholeMilliseconds)
    }

    /// As the engine counts it: 1 is the object alone.
    var levels: Int { min(max(1, limits.maxRecursion), Self.deepestRecursion) }
    var files: Int64 { min(max(1, Int64(limits.maxFiles)), Int64(UInt32.max)) }
    var bytes: Int64 { max(1, limits.maxScanSize) }
    /// The largest file that may be unpacked: one that is larger than the engine takes is inspected in parts.
    var unpackingLimit: Int64 { limits.overCeiling == .stream ? bytes : sizeLimit }
    var milliseconds: Int64 { deadline - now() }

    /// The limits for one more file.
    struct Rest {
        let levels: Int64
        let files: Int64
        let bytes: Int64
    }

    /// What is left for a file at `level`, after so many files and bytes were inspected.
    func rest(level: Int, files: Int64, bytes: Int64) throws(Spent) -> Rest {
        guard milliseconds > 0 else { throw Spent(kind: .outOfTime) }
        guard level < levels else { throw Spent(kind: .tooDeep) }
        guard files < self.files else { throw Spent(kind: .tooManyFiles) }
        guard bytes < self.bytes else { throw Spent(kind: .tooManyBytes) }
        return Rest(levels: Int64(levels - level), files: self.files - files, bytes: self.bytes - bytes)
    }

    /// Nothing is left of one of the limits.
    struct Spent: Error {
        let kind: ScanGap.Kind

        func gap(_ detail: String) -> ScanGap { ScanGap(kind, detail) }
    }
}
