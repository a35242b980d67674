internal import CArchive

extension ContainerForm {
    /// How libarchive is set up for a form: exactly one reader, so that no byte can make it take another one, and none
    /// that starts a program.
    @safe enum Opening {
        case members((OpaquePointer) -> CInt)
        /// One filter over raw bytes.
        case stream(filter: CInt)
        /// The same for a filter that wants to see the bytes when it is set up.
        case guessedStream((OpaquePointer) -> CInt)
    }

    var opening: Opening? {
        switch self {
        // The reader that goes by the directory at the end; the streaming one would see other members.
        case .zip: unsafe .members { unsafe archive_read_support_format_zip_seekable($0) }
        case .sevenZip: unsafe .members { unsafe archive_read_support_format_7zip($0) }
        case .rar: unsafe .members { unsafe archive_read_support_format_rar($0) }
        case .rar5: unsafe .members { unsafe archive_read_support_format_rar5($0) }
        case .tar: unsafe .members { unsafe archive_read_support_format_tar($0) }
        case .cpio: unsafe .members { unsafe archive_read_support_format_cpio($0) }
        case .ar: unsafe .members { unsafe archive_read_support_format_ar($0) }
        case .iso: unsafe .members { unsafe archive_read_support_format_iso9660($0) }
        case .cab: unsafe .members { unsafe archive_read_support_format_cab($0) }
        case .xar: unsafe .members { unsafe archive_read_support_format_xar($0) }
        case .lha: unsafe .members { unsafe archive_read_support_format_lha($0) }
        case .gzip: .stream(filter: ARCHIVE_FILTER_GZIP)
        case .bzip2: .stream(filter: ARCHIVE_FILTER_BZIP2)
        case .xz: .stream(filter: ARCHIVE_FILTER_XZ)
        case .lzma: .stream(filter: ARCHIVE_FILTER_LZMA)
        case .lzip: .stream(filter: ARCHIVE_FILTER_LZIP)
        case .zstd: .stream(filter: ARCHIVE_FILTER_ZSTD)
        case .lz4: .stream(filter: ARCHIVE_FILTER_LZ4)
        case .compress: unsafe .guessedStream { unsafe archive_read_support_filter_compress($0) }
        case .uuencode: .stream(filter: ARCHIVE_FILTER_UU)
        case .rpm: .stream(filter: ARCHIVE_FILTER_RPM)
        case .warc, .lzop, .lrzip, .grzip, .snappy, .squashfs, .cramfs, .romfs, .udf, .qcow, .vmdk, .vhd, .vhdx, .vdi,
            .wim,
            .ace, .arj, .arc, .zoo, .stuffIt, .alz, .egg, .freeArc, .zpaq, .ext, .ntfs, .fat, .exfat, .hfs, .xfs,
            .btrfs:
            nil
        }
    }

    /// Readies a new libarchive handle; false where this build of libarchive lacks the form.
    func ready(_ archive: OpaquePointer) -> Bool {
        switch opening {
        case .members(let support): unsafe support(archive) == ARCHIVE_OK
        case .stream(let filter):
            // Set, not supported: no guessing, and nothing is unpacked twice where a stream holds another one.
            unsafe archive_read_set_format(archive, ARCHIVE_FORMAT_RAW) == ARCHIVE_OK
                && archive_read_append_filter(archive, filter) == ARCHIVE_OK
        case .guessedStream(let support):
            unsafe archive_read_set_format(archive, ARCHIVE_FORMAT_RAW) == ARCHIVE_OK
                && support(archive) == ARCHIVE_OK
        case nil: false
        }
    }
}
