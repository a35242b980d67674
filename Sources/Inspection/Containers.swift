/// How far an object of a container's type may be inspected at all, by its MIME type as libmagic 5.44 names it. The engine
/// opens containers that are in neither list, and the child watches over that itself.
enum ContainerSupport: Equatable {
    /// Neither the engine nor libarchive opens it: what is packed in it goes unseen, whatever they answer.
    case none
    /// libarchive opens it, and the engine (libclamav 1.4 of Debian) matches its outer bytes only. Inspected only where
    /// the child says that it listed all members, or unpacked and scanned something out of it.
    case unpacked
    /// The engine opens it, or it is no container.
    case engine

    init(type: String) {
        if Self.unopened.contains(type) {
            self = .none
        } else if Self.unpackedTypes.contains(type) {
            self = .unpacked
        } else {
            self = .engine
        }
    }

    static let unopened: Set<String> = [
        "application/x-lrzip", "application/zlib", "application/x-snappy-framed",
        "application/x-qemu-disk", "application/x-vhd", "application/x-virtualbox-vdi", "application/x-vmdk",
        "application/x-zoo", "application/x-stuffit", "application/x-ace-compressed", "application/x-alz",
        "application/vnd.squashfs", "application/x-squashfs", "application/vnd.ms-wim", "application/x-ms-wim",
    ]

    static let unpackedTypes: Set<String> = [
        "application/x-rar", "application/vnd.rar",
        "application/zstd", "application/x-zstd", "application/x-lz4", "application/x-lzma", "application/x-lzip",
        "application/x-lzop", "application/x-compress",
        "application/x-archive", "application/vnd.debian.binary-package", "application/x-rpm",
    ]

    /// What libmagic calls an office document in an encrypted shell; libclamav 1.4 does not notice those.
    static let encryptedType = "application/encrypted"
}
