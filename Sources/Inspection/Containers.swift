/// Containers that libclamav 1.4 of Debian does not open. It matches their outer bytes only, so that what is packed in
/// them goes unseen: an object of such a type is not wholly inspected, whatever the engine answers.
///
/// The names are libmagic's (file 5.44).
let unopenedTypes: Set<String> = [
    "application/x-rar", "application/vnd.rar",
    "application/zstd", "application/x-zstd", "application/x-lz4", "application/x-lzma", "application/x-lzip",
    "application/x-lrzip", "application/x-lzop", "application/x-compress", "application/zlib",
    "application/x-snappy-framed",
    "application/x-archive", "application/vnd.debian.binary-package", "application/x-rpm",
    "application/x-qemu-disk", "application/x-vhd", "application/x-virtualbox-vdi", "application/x-vmdk",
    "application/x-zoo", "application/x-stuffit", "application/x-ace-compressed", "application/x-alz",
    "application/vnd.squashfs", "application/x-squashfs",
    "application/vnd.ms-wim", "application/x-ms-wim", "application/x-xar",
]

/// What libmagic calls an office document in an encrypted shell; libclamav 1.4 does not notice those.
let encryptedType = "application/encrypted"
