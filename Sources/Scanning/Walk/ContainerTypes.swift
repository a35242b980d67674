/// The MIME types of libmagic 5.44 for containers that nothing here opens, at any depth.
enum ContainerTypes {
    static let encrypted: Set<String> = ["application/encrypted"]

    static let unopened: Set<String> = [
        "application/x-lrzip", "application/zlib", "application/x-snappy-framed", "application/x-qemu-disk",
        "application/x-vhd", "application/x-virtualbox-vdi", "application/x-vmdk", "application/x-zoo",
        "application/x-stuffit", "application/x-ace-compressed", "application/x-alz", "application/vnd.squashfs",
        "application/x-squashfs", "application/vnd.ms-wim", "application/x-ms-wim",
    ]
}
