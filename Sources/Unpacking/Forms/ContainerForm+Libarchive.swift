internal import CArchive

extension ContainerForm {
    /// The one libarchive reader for a form. No byte can make libarchive choose another one, and none starts a program.
    @safe enum Reader {
        case format((OpaquePointer) -> CInt)
        /// One filter over raw bytes.
        case filter(CInt)
        /// One filter over raw bytes that has to bid on them.
        case biddingFilter((OpaquePointer) -> CInt)
    }

    var reader: Reader? {
        switch self {
        // By the central directory: the streaming reader could see other members.
        case .zip: unsafe .format { unsafe archive_read_support_format_zip_seekable($0) }
        case .sevenZip: unsafe .format { unsafe archive_read_support_format_7zip($0) }
        case .rar: unsafe .format { unsafe archive_read_support_format_rar($0) }
        case .rar5: unsafe .format { unsafe archive_read_support_format_rar5($0) }
        case .tar: unsafe .format { unsafe archive_read_support_format_tar($0) }
        case .cpio: unsafe .format { unsafe archive_read_support_format_cpio($0) }
        case .ar: unsafe .format { unsafe archive_read_support_format_ar($0) }
        case .iso: unsafe .format { unsafe archive_read_support_format_iso9660($0) }
        case .cab: unsafe .format { unsafe archive_read_support_format_cab($0) }
        case .xar: unsafe .format { unsafe archive_read_support_format_xar($0) }
        case .lha: unsafe .format { unsafe archive_read_support_format_lha($0) }
        case .gzip: .filter(ARCHIVE_FILTER_GZIP)
        case .bzip2: .filter(ARCHIVE_FILTER_BZIP2)
        case .xz: .filter(ARCHIVE_FILTER_XZ)
        case .lzma: .filter(ARCHIVE_FILTER_LZMA)
        case .lzip: .filter(ARCHIVE_FILTER_LZIP)
        case .zstd: .filter(ARCHIVE_FILTER_ZSTD)
        case .lz4: .filter(ARCHIVE_FILTER_LZ4)
        case .compress: unsafe .biddingFilter { unsafe archive_read_support_filter_compress($0) }
        case .uuencode: .filter(ARCHIVE_FILTER_UU)
        case .rpm: .filter(ARCHIVE_FILTER_RPM)
        case .warc, .lzop, .lrzip, .grzip, .snappy, .squashfs, .cramfs, .romfs, .udf, .qcow, .vmdk, .vhd, .vhdx, .vdi,
            .wim, .ace, .arj, .arc, .zoo, .stuffIt, .alz, .egg, .freeArc, .zpaq, .ext, .ntfs, .fat, .exfat, .hfs, .xfs,
            .btrfs,
            .legacyZstd, .zlib, .pack, .legacyBzip, .rzip, .lzfse, .pbzx, .pack200, .gitPack, .gitBundle, .binHex,
            .packIt, .diskDoubler, .appleArchive, .kwaj, .installShield, .amiga, .oldArchiver, .dmg, .apfs, .ewf,
            .aff, .pst, .oneNote, .virtualDisk, .fileSystem, .openPGP, .pgpArmor, .encryptedFile, .encryptedDisk,
            .encryptedDatabase,
            .passwordSafe, .ole2, .rtf, .textBase64, .binaryPlist, .powerPointObject, .pdf:
            nil
        }
    }

    /// Enables the form's reader in a new libarchive handle. Returns false if this build of libarchive has none.
    func enable(_ archive: OpaquePointer) -> Bool {
        switch reader {
        case .format(let support): unsafe support(archive) == ARCHIVE_OK
        case .filter(let filter):
            // The filter is set, not offered: a stream within the stream is not unpacked at the same time.
            unsafe archive_read_set_format(archive, ARCHIVE_FORMAT_RAW) == ARCHIVE_OK
                && archive_read_append_filter(archive, filter) == ARCHIVE_OK
        case .biddingFilter(let support):
            unsafe archive_read_set_format(archive, ARCHIVE_FORMAT_RAW) == ARCHIVE_OK
                && support(archive) == ARCHIVE_OK
        case nil: false
        }
    }
}
