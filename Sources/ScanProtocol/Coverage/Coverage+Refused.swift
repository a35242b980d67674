/// Known forms that nothing here opens.
extension Coverage {
    static let refused: [CoverageRow] = [
        CoverageRow(
            "encrypted-file", .nobody,
            mimeTypes: ["application/x-aes-encrypted"],
            refusal: "encrypted",
            reason: "age (also armored), OpenSSL's salted form (also base64), AES Crypt, mcrypt, scrypt, Ansible "
                + "Vault, eCryptfs, mail under rights management: needs a key. ccrypt, VeraCrypt, EncFS and SQLCipher "
                + "leave no mark and are unknown bytes"),
        CoverageRow(
            "encrypted-disk", .nobody,
            refusal: "encrypted",
            reason: "LUKS 1 and 2 (also by the second header), BitLocker, Core Storage, encrypted Apple disk images: "
                + "needs a key"),
        CoverageRow(
            "encrypted-database", .nobody,
            refusal: "encrypted",
            reason: "Access with encrypted pages, Parquet with an encrypted footer: needs a key"),
        CoverageRow(
            "password-safe", .nobody,
            refusal: "encrypted",
            reason: "KeePass, Password Safe: may hold files as attachments, under a password"),
        CoverageRow(
            "sqlite-archive", .nobody,
            refusal: "unsupported-container",
            reason: "holds packed files, which the programs of SQLite and Fossil take out"),
        CoverageRow(
            "old-disk", .nobody,
            mimeTypes: [
                "application/x-amiga-disk-format", "application/x-atari-msa", "application/x-dc42-floppy-image",
                "application/x-fds-disk", "application/x-floppy-image-tc", "application/x-lif-disk",
                "application/x-trid-trd",
            ],
            refusal: "unsupported-container",
            reason: "disks of home computers, whose files ordinary tools take out"),
        CoverageRow(
            "old-mailbox", .nobody,
            mimeTypes: ["application/x-ms-dbx", "application/x-incredimail", "application/x-ms-reader"],
            refusal: "unsupported-container",
            reason: "letters or books in blocks that nothing here puts together"),
        CoverageRow(
            "legacy-zstd", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "pack", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "bzip", .nobody,
            mimeTypes: ["application/x-bzip"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "rzip", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "lzfse", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "pbzx", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "git-pack", .nobody,
            mimeTypes: ["application/x-git"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "git-bundle", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "packit", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "diskdoubler", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "apple-archive", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "kwaj", .nobody,
            mimeTypes: ["application/x-ms-compress-kwaj"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "amiga", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "old-archiver", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "apfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "ewf", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "aff", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "pst", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "virtual-disk", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "file-system", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "lrzip", .nobody,
            mimeTypes: ["application/x-lrzip"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "snappy", .nobody,
            mimeTypes: ["application/x-snappy-framed"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "lzop", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "grzip", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "cramfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "romfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "vhdx", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "freearc", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "zpaq", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "ext", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "ntfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "fat", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "exfat", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "xfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "btrfs", .nobody,
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "arc", .nobody,
            mimeTypes: ["application/x-arc"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "alz", .nobody,
            mimeTypes: ["application/x-alz"],
            engineTypes: ["CL_TYPE_ALZ"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "egg", .nobody,
            engineTypes: ["CL_TYPE_EGG", "CL_TYPE_EGGSFX"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "qcow", .nobody,
            mimeTypes: ["application/x-qemu-disk"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "vmdk", .nobody,
            mimeTypes: ["application/x-vmdk"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "vhd", .nobody,
            mimeTypes: ["application/x-vhd", "application/x-virtualbox-vhd"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "vdi", .nobody,
            mimeTypes: ["application/x-virtualbox-vdi"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "squashfs", .nobody,
            mimeTypes: ["application/vnd.squashfs", "application/x-squashfs"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "wim", .nobody,
            mimeTypes: ["application/vnd.ms-wim", "application/x-ms-wim"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "ace", .nobody,
            mimeTypes: ["application/x-ace-compressed"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "zoo", .nobody,
            mimeTypes: ["application/x-zoo"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "stuffit", .nobody,
            mimeTypes: ["application/x-stuffit"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "disk", .nobody,
            engineTypes: ["CL_TYPE_MBR", "CL_TYPE_GPT", "CL_TYPE_APM", "CL_TYPE_PART_ANY"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "pack200", .nobody,
            mimeTypes: ["application/x-java-pack200"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "installshield", .nobody,
            mimeTypes: ["application/x-installshield"],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "database-dump", .nobody,
            refusal: "unsupported-container",
            reason: "packed tables and files that the database's own program takes out"),
        CoverageRow(
            "inno-setup", .nobody,
            refusal: "unsupported-container",
            reason: "files in blocks that share one stream, which innoextract takes out and nothing here does"),
        CoverageRow(
            "old-compression", .nobody,
            mimeTypes: [
                "application/x-compress-cazip", "application/x-compress-ftcomp", "application/x-ms-compress-sz",
                "application/x-novell-compress", "application/x-edi-pack-lzss",
            ],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
        CoverageRow(
            "rare-archive", .nobody,
            mimeTypes: [
                "application/x-dzip", "application/x-fzip", "application/x-qpress", "application/x-os2-wpi",
                "application/vnd.sar", "application/x-compressed-iso", "application/x-acronis-tib",
                "application/x-nrg", "application/x-google-ab", "application/vnd.gentoo.xpak",
                "application/x-svr4-package", "application/x-ia-arc",
            ],
            refusal: "unsupported-container",
            reason: "holds files that nothing here takes out"),
    ]
}
