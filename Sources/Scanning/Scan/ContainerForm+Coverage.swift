import Unpacking

/// What the scan has to know about a form beyond what `Unpacking` reads.
extension ContainerForm {
    /// Whether the engine reads it although `Archive` does not.
    var isReadByEngine: Bool {
        switch self {
        case .arj, .alz, .egg, .udf, .hfs: true
        default: false
        }
    }

    /// Whether its magic number is so short that ordinary bytes may begin with it.
    var hasWeakMagic: Bool {
        switch self {
        case .cpio, .gzip, .compress, .lzma, .lha, .uuencode, .bzip2, .tar: true
        default: false
        }
    }

    /// Whether it is more than its members, so that scanning them one by one is not enough: an ISO image has boot
    /// sectors, and may contain a second file system.
    var isIndivisible: Bool { self == .iso }
}
