/// Why a scanner child ended, as far as its wait status says so. A child chooses its status, so nothing but the fate of
/// its own object depends on it.
package enum ChildEnd: Sendable, Equatable {
    /// One step made no progress, or the whole scan took more processor time than the object's size warrants. Another
    /// try would end alike.
    case noProgress
    /// A library ran out of the memory that a child may use. Another try would end alike.
    case outOfMemory
    /// Another try may succeed.
    case other

    /// The exit code of a child whose scan took too much processor time.
    package static let outOfTime: Int32 = 91
    /// The exit codes of children that gave their object up: too much processor time, and no progress in one of the
    /// forms, each of which has its own code (`ProgressWatch`).
    private static let givenUp: ClosedRange<Int32> = 91...255
    /// libarchive ends its process so if it has no memory.
    private static let libarchiveOutOfMemory: Int32 = 1
    /// The kernel's signal for too much processor time (SIGXCPU).
    private static let processorLimit: Int32 = 24

    /// SIGKILL: sent by another process, or by the kernel when memory runs out.
    private static let killed: Int32 = 9

    /// Whether a signal for a fault of its own ended a child, such as SIGSEGV, SIGABRT or SIGSYS.
    ///
    /// - Parameter status: as waitpid(2) returns it.
    package static func isCrash(status: Int32) -> Bool {
        ![0, killed, processorLimit].contains(status & 0x7F)
    }

    /// - Parameter status: as waitpid(2) returns it.
    package init(status: Int32) {
        let (signal, code) = (status & 0x7F, (status >> 8) & 0xFF)
        switch signal {
        case 0 where Self.givenUp.contains(code), Self.processorLimit: self = .noProgress
        case 0 where code == Self.libarchiveOutOfMemory: self = .outOfMemory
        default: self = .other
        }
    }
}
