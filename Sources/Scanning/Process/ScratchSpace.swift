import CClamAV
import CShims
import Glibc
import Sandbox
import ScanProtocol
import Support

/// Detects that the disk under a child's scratch folder is full. The scanner's own writes fail with an `errno`; the
/// engine reports little about a failed write.
///
/// A child that hits its own limit is not such a case: as long as the disk has room for that limit, the limit was the
/// reason.
enum ScratchSpace {
    /// With fewer free bytes, hardly anything can be unpacked.
    private static let minimumFree: Int64 = 64 << 10

    /// libclamav's codes for a file of its own that it could not create or write.
    private static let codes: [cl_error_t] = [CL_ECREAT, CL_EWRITE, CL_ETMPFILE, CL_ETMPDIR]

    /// The C library's texts for a full disk or quota, as they appear in the engine's messages.
    private static let texts = [ENOSPC, EDQUOT].map { unsafe String(cString: strerror($0)) }

    /// Whether the disk is full at this moment.
    static var isFull: Bool { unsafe lz_is_full(Sandbox.scratch, minimumFree) != 0 }

    static func gap(for code: cl_error_t) -> ScanGap? {
        guard codes.contains(where: { $0.rawValue == code.rawValue }), unsafe lz_is_full(Sandbox.scratch, -1) != 0
        else {
            return nil
        }
        return ScanGap(.scratchFull, "libclamav answered code \(code.rawValue): it could not write to scratch")
    }

    static func gap(for warning: String) -> ScanGap? {
        texts.contains { warning.contains($0) } ? ScanGap(.scratchFull, warning) : nil
    }
}
