import CShims
import Glibc
import ScanProtocol

/// How much of the machine a child may take.
package struct SandboxLimits: Sendable {
    /// Bytes of address space beyond what is mapped when it is forked.
    package var memory: UInt64
    /// Bytes that its scratch folder may hold, which is also the largest file that it may write.
    package var scratch: UInt64

    /// Two descriptors a level at the engine's deepest recursion (100), as many again for what is kept open on the way, and
    /// some to spare.
    private static let descriptors: UInt64 = 512

    package init(memory: UInt64, scratch: UInt64) {
        self.memory = memory
        self.scratch = scratch
    }

    /// - Parameter mapped: bytes of address space that the process has.
    func hold(mapped: UInt64?) -> SandboxLayer {
        guard let mapped else {
            return SandboxLayer("limits", isGiven: false, detail: "/proc/self/statm cannot be read: is /proc mounted?")
        }
        let limits: [(lz_resource, UInt64)] = [
            (LZ_ADDRESS_SPACE, mapped + memory), (LZ_FILE_SIZE, scratch), (LZ_DESCRIPTORS, Self.descriptors),
            (LZ_PROCESSES, 0), (LZ_LOCKED_MEMORY, 0), (LZ_MESSAGE_QUEUES, 0), (LZ_REALTIME_PRIORITY, 0),
        ]
        for (resource, limit) in limits where lz_lower_limit(resource, limit) != 0 {
            return SandboxLayer("limits", "", failed: true)
        }
        return SandboxLayer(
            "limits", isGiven: true,
            detail: "\(memory >> 20) MiB of memory more, \(scratch >> 20) MiB of scratch, \(Self.descriptors) "
                + "descriptors, no processes")
    }

    /// Lets this process use the processor for so many seconds more before the kernel kills it. The worker's clock ends a
    /// scan long before: this holds where nobody looks at a clock any more.
    package static func allow(processorSeconds seconds: Int64) {
        _ = lz_limit_processor(lz_seconds_used() + max(1, seconds))
    }
}
