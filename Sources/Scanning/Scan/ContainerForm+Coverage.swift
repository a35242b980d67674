import ScanProtocol
import Unpacking

/// What the scan has to know about a form beyond what `Unpacking` reads.
extension ContainerForm {
    /// Whether one of the openers here takes out all that it holds.
    var isOpened: Bool { isSupported || !leavesRest && Coverage.row(form: rawValue)?.opener == .ours }

    /// Whether its magic number is so short that ordinary bytes may begin with it.
    var hasWeakMagic: Bool {
        switch self {
        case .cpio, .gzip, .lzma, .lha, .bzip2, .tar: true
        default: false
        }
    }

    /// The engine's names for containers with short magic numbers.
    static let engineTypesOfWeakForms: Set<String> = [
        "CL_TYPE_GZ", "CL_TYPE_BZ", "CL_TYPE_POSIX_TAR", "CL_TYPE_OLD_TAR", "CL_TYPE_CPIO_OLD", "CL_TYPE_CPIO_ODC",
        "CL_TYPE_CPIO_NEWC", "CL_TYPE_CPIO_CRC", "CL_TYPE_LHA_LZH",
    ]

    /// Whether the archive's end is unknown, so that another one may follow it.
    var hasUnknownEnd: Bool {
        switch self {
        case .iso, .xar, .compress: true
        default: false
        }
    }

    /// Whether it is more than its members, so that scanning them one by one is not enough: an ISO image has boot
    /// sectors, and may contain a second file system.
    var isIndivisible: Bool { self == .iso }
}
