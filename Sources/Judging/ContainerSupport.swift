internal import ScanProtocol

/// Who opens a container of the object's type, by the MIME type as libmagic 5.44 names it. The engine opens containers
/// that are in neither list, and the child checks that itself (member coverage).
enum ContainerSupport: Equatable {
    /// Neither the engine nor libarchive: the members are never inspected.
    case none
    /// libarchive only; the engine (libclamav 1.4 of Debian) matches the outer bytes. Inspected only if the child
    /// listed all members, or extracted and scanned some.
    case libarchive
    /// The engine, or the type is not a container.
    case engine

    init(type: String) {
        if Coverage.row(mimeType: type)?.opener == .nobody {
            self = .none
        } else if Self.libarchiveTypes.contains(type) {
            self = .libarchive
        } else {
            self = .engine
        }
    }

    static let libarchiveTypes: Set<String> = [
        "application/x-rar", "application/vnd.rar",
        "application/zstd", "application/x-zstd", "application/x-lz4", "application/x-lzma", "application/x-lzip",
        "application/x-lzop", "application/x-compress",
        "application/x-archive", "application/vnd.debian.binary-package", "application/x-rpm",
    ]

    /// libmagic's type for an encrypted office document.
    static let encryptedType = "application/encrypted"
}
