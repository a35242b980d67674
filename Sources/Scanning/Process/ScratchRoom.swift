import CClamAV
import CShims
import Glibc
import Sandbox
import ScanProtocol
import Support

/// How a child notices that the disk under its scratch folder is full. What it unpacks by itself tells by `errno`; the engine
/// says little of what it could not write.
///
/// A child that comes to its own bound is no such case. Where the disk has room for as much as that, it was the bound.
enum ScratchRoom {
    /// With less than that, hardly anything can be unpacked.
    private static let least: Int64 = 64 << 10

    /// What libclamav answers where it could not make or write a file of its own.
    private static let codes: [cl_error_t] = [CL_ECREAT, CL_EWRITE, CL_ETMPFILE, CL_ETMPDIR]

    /// The C library's words for a disk or a quota that is full, as they stand in the engine's messages.
    private static let words = [ENOSPC, EDQUOT].map { unsafe String(cString: strerror($0)) }

    /// Whether there is none at this moment.
    static var isOut: Bool { unsafe lz_is_full(Sandbox.scratch, least) != 0 }

    static func gap(for code: cl_error_t) -> ScanGap? {
        guard codes.contains(where: { $0.rawValue == code.rawValue }), unsafe lz_is_full(Sandbox.scratch, -1) != 0
        else {
            return nil
        }
        return ScanGap(.scratchFull, "libclamav answered code \(code.rawValue): it could not write to scratch")
    }

    static func gap(for warning: String) -> ScanGap? {
        words.contains { warning.contains($0) } ? ScanGap(.scratchFull, warning) : nil
    }
}
