import CShims
import Glibc
import ScanProtocol

/// How much memory and disk space a child may use.
package struct SandboxLimits: Sendable {
    /// Bytes of address space beyond what is mapped at the fork.
    package var memory: UInt64
    /// Bytes that its scratch folder may hold, and the size of the largest file that it may write.
    package var scratch: UInt64

    /// Two descriptors per level at the engine's deepest recursion (100), as many again for pending containers, and a
    /// reserve.
    private static let descriptors: UInt64 = 512

    package init(memory: UInt64, scratch: UInt64) {
        self.memory = memory
        self.scratch = scratch
    }

    /// - Parameter mappedBytes: the process's address space.
    func apply(mappedBytes: UInt64?) -> SandboxLayer {
        guard let mappedBytes else {
            return SandboxLayer("limits", isGiven: false, detail: "/proc/self/statm cannot be read: is /proc mounted?")
        }
        let limits: [(lz_resource, UInt64)] = [
            (LZ_ADDRESS_SPACE, mappedBytes + memory), (LZ_FILE_SIZE, scratch), (LZ_DESCRIPTORS, Self.descriptors),
            (LZ_PROCESSES, 0), (LZ_LOCKED_MEMORY, 0), (LZ_MESSAGE_QUEUES, 0), (LZ_REALTIME_PRIORITY, 0),
        ]
        for (resource, limit) in limits where lz_lower_limit(resource, limit) != 0 {
            return SandboxLayer("limits", "", failed: true)
        }
        return SandboxLayer(
            "limits", isGiven: true,
            detail: "\(memory >> 20) MiB of additional memory, \(scratch >> 20) MiB of scratch, \(Self.descriptors) "
                + "descriptors, no processes")
    }

    /// Allows this process that much more processor time before the kernel kills it. The worker's time limit usually
    /// ends a scan earlier; this limit also holds without a worker.
    package static func allowProcessor(seconds: Int64) {
        _ = lz_limit_processor(lz_seconds_used() + max(1, seconds))
    }
}
