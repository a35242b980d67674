internal import Support

extension ContainerForm {
    /// The number of leading bytes that detection needs: up to the first block of a Btrfs or SquashFS at 64 KiB.
    package static let detectionLength = 68 * 1024

    /// The form of the bytes of a file from `offset` on, or nil if they are no known container.
    ///
    /// - Parameter descriptor: read by `pread`, which leaves its offset alone.
    package init?(descriptor: CInt, offset: Int64 = 0) {
        var bytes = [UInt8](repeating: 0, count: Self.detectionLength)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: offset, into: $0) }
        guard count > 0 else { return nil }
        bytes.removeLast(bytes.count - count)
        self.init(startingWith: bytes)
    }

    /// - Parameter bytes: the file's first `detectionLength` bytes, or all of them. With fewer, forms whose magic
    ///   number is further back are not recognised (tar at 257, ISO 9660 at 32 KiB).
    package init?(startingWith bytes: [UInt8]) {
        guard let form = Self.forms(startingWith: bytes).first else { return nil }
        self = form
    }

    /// Returns all forms that the first bytes have, the one that decides first: a hybrid disk has several file systems.
    static func forms(startingWith bytes: [UInt8]) -> [ContainerForm] {
        let start = FileStart(bytes: bytes)
        var forms: [ContainerForm] = []
        for magic in allMarks where start.has(magic.bytes, at: magic.offset) {
            if forms.contains(magic.form) || magic.isShortText && !start.isBinary { continue }
            forms.append(magic.form)
        }
        for (form, matches) in structuralChecks where !forms.contains(form) && matches(start) { forms.append(form) }
        return forms
    }

    struct Magic {
        let form: ContainerForm
        let bytes: [UInt8]
        var offset = 0
        /// Whether a text could begin with it. It then needs a byte that no text has soon after it.
        var isShortText = false

        init(_ form: ContainerForm, shortText: String) {
            self.init(form, shortText)
            isShortText = true
        }

        init(_ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0) {
            self.form = form
            self.bytes = bytes
            self.offset = offset
        }

        init(_ form: ContainerForm, _ text: String, at offset: Int = 0) {
            self.init(form, Array(text.utf8), at: offset)
        }
    }

    private static let allMarks: [Magic] = magicNumbers + diskMarks

    /// Magic numbers, as the formats' specifications give them. One that begins with another one precedes it.
    private static let magicNumbers: [Magic] = [
        Magic(.zip, [0x50, 0x4B, 3, 4]),
        // An empty archive; the first volume of several; an archive for which one volume was enough.
        Magic(.zip, [0x50, 0x4B, 5, 6]),
        Magic(.zip, [0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4]),
        Magic(.zip, [0x50, 0x4B, 0x30, 0x30, 0x50, 0x4B, 3, 4]),
        Magic(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Magic(.rar5, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]),
        Magic(.rar, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]),
        Magic(.tar, "ustar", at: 257),
        Magic(.cpio, "070701"),
        Magic(.cpio, "070702"),
        Magic(.cpio, "070707"),
        Magic(.cpio, [0xC7, 0x71]),
        Magic(.cpio, [0x71, 0xC7]),
        Magic(.ar, "!<arch>\n"),
        Magic(.ar, "!<thin>\n"),
        Magic(.xar, "xar!"),
        Magic(.warc, "WARC/0."),
        Magic(.warc, "WARC/1."),
        Magic(.gzip, [0x1F, 0x8B]),
        Magic(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        Magic(.lzip, "LZIP"),
        Magic(.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
        Magic(.lz4, [4, 0x22, 0x4D, 0x18]),
        Magic(.lz4, [2, 0x21, 0x4C, 0x18]),
        Magic(.rpm, [0xED, 0xAB, 0xEE, 0xDB]),
        Magic(.lzop, [0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D, 0x0A, 0x1A, 0x0A]),
        Magic(.lrzip, "LRZI"),
        Magic(.grzip, [0x47, 0x52, 0x5A, 0x69, 0x70, 0x49, 0x49, 0, 2, 4, 0x3A, 0x29]),
        Magic(.snappy, [0xFF, 6, 0, 0, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59]),
        Magic(.squashfs, "hsqs"),
        Magic(.squashfs, "sqsh"),
        // With LZMA, of some routers.
        Magic(.squashfs, shortText: "shsq"),
        Magic(.squashfs, shortText: "qshs"),
        Magic(.cramfs, [0x45, 0x3D, 0xCD, 0x28]),
        Magic(.romfs, "-rom1fs-"),
        Magic(.qcow, [0x51, 0x46, 0x49, 0xFB]),
        Magic(.vmdk, "KDMV"),
        Magic(.vmdk, "COWD"),
        Magic(.vmdk, "# Disk DescriptorFile"),
        Magic(.vhd, "conectix"),
        Magic(.vhdx, "vhdxfile"),
        Magic(.vdi, [0x7F, 0x10, 0xDA, 0xBE], at: 64),
        Magic(.wim, "MSWIM\0\0\0"),
        Magic(.wim, "WLPWM\0\0\0"),
        Magic(.ace, "**ACE**", at: 7),
        Magic(.zoo, [0xDC, 0xA7, 0xC4, 0xFD], at: 20),
        Magic(.stuffIt, "StuffIt (c)1997"),
        Magic(.stuffIt, "StuffIt!"),
        Magic(.alz, "ALZ\u{1}"),
        Magic(.egg, "EGGA"),
        Magic(.freeArc, "ArC\u{1}"),
        Magic(.zpaq, "zPQ"),
        Magic(.zpaq, "7kSt"),
        Magic(.ntfs, "NTFS    ", at: 3),
        Magic(.exfat, "EXFAT   ", at: 3),
        Magic(.xfs, "XFSB"),
        Magic(.iso, "CD001", at: 32769),
        // High Sierra, the predecessor of ISO 9660.
        Magic(.fileSystem, "CDROM", at: 32777),
        Magic(.squashfs, "hsqs", at: 65536),
        Magic(.btrfs, "_BHRfS_M", at: 65536 + 64),
        Magic(.apfs, "NXSB", at: 32),
        Magic(.ewf, [0x45, 0x56, 0x46, 9, 0x0D, 0x0A, 0xFF, 0]),
        Magic(.ewf, [0x45, 0x56, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0]),
        Magic(.ewf, [0x4C, 0x56, 0x46, 9, 0x0D, 0x0A, 0xFF, 0]),
        Magic(.aff, "AFF10\r\n\0"),
        Magic(.pst, shortText: "!BDN"),
        // The GUIDs of a section and of a notebook's table of contents ([MS-ONESTORE], 2.3.1).
        Magic(
            .oneNote, [0xE4, 0x52, 0x5C, 0x7B, 0x8C, 0xD8, 0xA7, 0x4D, 0xAE, 0xB1, 0x53, 0x78, 0xD0, 0x29, 0x96, 0xD3]),
        Magic(
            .oneNote, [0xA1, 0x2F, 0xFF, 0x43, 0xD9, 0xEF, 0x76, 0x4C, 0x9E, 0xE2, 0x10, 0xEA, 0x57, 0x22, 0x76, 0x5F]),
        Magic(.pbzx, shortText: "pbzx"),
        Magic(.gitBundle, "# v2 git bundle\n"),
        Magic(.gitBundle, "# v3 git bundle\n"),
        Magic(.gitPack, [0x50, 0x41, 0x43, 0x4B, 0, 0, 0, 2]),
        Magic(.gitPack, [0x50, 0x41, 0x43, 0x4B, 0, 0, 0, 3]),
        Magic(.rzip, shortText: "RZIP"),
        Magic(.kwaj, [0x4B, 0x57, 0x41, 0x4A, 0x88, 0xF0, 0x27, 0xD1]),
        Magic(.installShield, shortText: "ISc("),
        Magic(.installShield, [0x13, 0x5D, 0x65, 0x8C, 0x3A, 1, 2, 0]),
        Magic(.appleArchive, shortText: "AA01"),
        Magic(.appleArchive, shortText: "YAA1"),
        Magic(.stuffIt, "rLau", at: 10),
        Magic(.tnef, TNEFOpener.mark),
        Magic(.activeMime, ActiveMimeOpener.mark),
        Magic(.diskDoubler, [0xAB, 0xCD, 0, 0x54]),
        Magic(.oldArchiver, [0x42, 0x48, 5, 7]),
        Magic(.oldArchiver, [0x91, 0x33, 0x48, 0x46]),
        Magic(.oldArchiver, [0x53, 0x42, 0x43, 0x1E]),
        Magic(.oldArchiver, [0x4C, 0x49, 0x4D, 0x1A]),
        Magic(.oldArchiver, "KGB_arch -"),
        Magic(.oldArchiver, shortText: "HPAK"),
        Magic(.oldArchiver, shortText: "SQWEZ"),
        Magic(.oldArchiver, [0x1A, 0x4A, 0x61, 0x72, 0x1B], at: 14),
        Magic(.oldArchiver, [0x44, 0x43, 0x54, 0xC3]),
        Magic(.oldArchiver, "mozLz40\0"),
        // PPMd by its author's program, a payload of Android's updates, a mailbox of Outlook Express, a backup of
        // Windows NT, and what Microsoft's reader takes for a book.
        Magic(.oldArchiver, [0x8F, 0xAF, 0xAC, 0x84]),
        Magic(.oldArchiver, "CrAU\0\0\0\0"),
        Magic(.oldArchiver, [0xCF, 0xAD, 0x12, 0xFE]),
        Magic(.oldArchiver, "TAPE\0\0"),
        Magic(.oldArchiver, "ITOLITLS"),
        // Archives of games, Java's image of modules, deltas that may hold a whole file, streams of Btrfs.
        Magic(.oldArchiver, "MPQ\u{1A}"),
        Magic(.oldArchiver, "UnityFS\0"),
        Magic(.oldArchiver, "XP3\r\n \n\u{1A}"),
        Magic(.oldArchiver, [0x34, 0x12, 0xAA, 0x55]),
        Magic(.oldArchiver, "BSA\0"),
        Magic(.oldArchiver, "RGSSAD\0"),
        Magic(.oldArchiver, "KenSilverman"),
        Magic(.oldArchiver, [0xDA, 0xDA, 0xFE, 0xCA, 0, 0, 1, 0]),
        Magic(.oldArchiver, [0xD6, 0xC3, 0xC4, 0]),
        Magic(.fileSystem, "btrfs-stream\0"),
        // Packages of Flatpak and Nix, zchunk, LZ5 and Lizard, a delta of librsync, dumps of PostgreSQL and MariaDB,
        // NuFX, disks of Apple II and C64.
        Magic(.oldArchiver, "flatpak\0"),
        Magic(.oldArchiver, "xdg-app\0"),
        Magic(.oldArchiver, [13, 0, 0, 0, 0, 0, 0, 0] + Array("nix-archive-1".utf8)),
        Magic(.oldArchiver, "\0ZCK1"),
        Magic(.oldArchiver, [5, 0x22, 0x4D, 0x18]),
        Magic(.oldArchiver, [6, 0x22, 0x4D, 0x18]),
        Magic(.oldArchiver, [0x72, 0x73, 2, 0x36]),
        Magic(.databaseDump, shortText: "PGDMP"),
        Magic(.databaseDump, shortText: "XBSTCK01"),
        Magic(.oldArchiver, [0x4E, 0xF5, 0x46, 0xE9, 0x6C, 0xE5]),
        Magic(.virtualDisk, "C64File\0"),
        Magic(.virtualDisk, "\0PBP"),
        // A package of Symbian from version 9 on: the engine opens older ones.
        Magic(.oldArchiver, [0x7A, 0x1A, 0x20, 0x10]),
        Magic(.cramfs, [0x28, 0xCD, 0x3D, 0x45]),
        Magic(.nsis, NSISHeader.mark, at: NSISHeader.markOffset),
        Magic(.pgpArmor, "-----BEGIN PGP "),
        Magic(.zisofs, ZisofsOpener.mark),
        Magic(.pngText, PNGTextOpener.mark),
        // MNG and JNG have its chunks.
        Magic(.pngText, [0x8A, 0x4D, 0x4E, 0x47] + PNGTextOpener.mark.dropFirst(4)),
        Magic(.pngText, [0x8B, 0x4A, 0x4E, 0x47] + PNGTextOpener.mark.dropFirst(4)),
        Magic(.jpegSegments, JPEGSegments.mark),
        Magic(.ogg, OggPictures.mark),
        Magic(.matroskaTracks, MatroskaTracks.mark),
        Magic(.asf, ASFAttributes.mark),
        Magic(.dosPostScript, DOSPostScript.mark),
        // A further disk of an installer.
        Magic(.innoSetup, "idska32\u{1A}"),
        Magic(.innoSetup, "idska16\u{1A}"),
        Magic(.subversionDump, SubversionDump.mark),
        Magic(.elfSections, ELFSections.mark),
        Magic(.binaryPlist, "bplist0"),
        // A message under rights management: an OLE2 file, compressed.
        Magic(.encryptedFile, [0x76, 0xE8, 4, 0x60, 0xC4, 0x11, 0xE3, 0x86]),
        Magic(.encryptedFile, "age-encryption.org/v1\n"),
        Magic(.encryptedFile, "-----BEGIN AGE ENCRYPTED FILE-----"),
        Magic(.encryptedFile, "$ANSIBLE_VAULT;"),
        Magic(.encryptedFile, "scrypt\0"),
        Magic(.encryptedFile, "WANACRY!"),
        // AxCrypt.
        Magic(
            .encryptedFile,
            [0xC0, 0xB9, 7, 0x2E, 0x4F, 0x93, 0xF1, 0x46, 0xA0, 0x15, 0x79, 0x2C, 0xA1, 0xD9, 0xE8, 0x21]),
        Magic(.encryptedDisk, [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]),
        Magic(.encryptedDisk, "-FVE-FS-", at: 3),
        Magic(.encryptedDisk, "encrcdsa"),
        // BitLocker To Go: its GUID in a boot sector of FAT.
        Magic(
            .encryptedDisk,
            [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 1], at: 424),
        Magic(.passwordSafe, [3, 0xD9, 0xA2, 0x9A, 0x65, 0xFB, 0x4B, 0xB5]),
        Magic(.passwordSafe, [3, 0xD9, 0xA2, 0x9A, 0x66, 0xFB, 0x4B, 0xB5]),
        Magic(.passwordSafe, [3, 0xD9, 0xA2, 0x9A, 0x67, 0xFB, 0x4B, 0xB5]),
        Magic(.passwordSafe, shortText: "PWS3"),
    ]

    /// Forms without a magic number, or with one that is too short to decide alone.
    private static let structuralChecks: [(ContainerForm, @Sendable (FileStart) -> Bool)] = [
        (.ole2, { $0.isOLE2 }),
        (.rtf, { $0.isRTF }),
        (.bzip2, { $0.has("BZh") && (0x31...0x39).contains($0[3]) }),
        // A skippable frame may precede the first one with data (RFC 8878, section 3.1.2).
        (.zstd, { $0[0] & 0xF0 == 0x50 && $0.has([0x2A, 0x4D, 0x18], at: 1) }),
        // The longest code has 9 to 16 bits; gzip reads one with reserved flags, too.
        (.compress, { $0.has([0x1F, 0x9D]) && (9...16).contains($0[2] & 0x1F) }),
        // Readers differ in the fields that they check.
        (.cab, { $0.isCabinet || $0.has("MSCF") && $0.isBinary && $0.bytes.count >= 36 }),
        (.legacyZstd, { $0.isLegacyZstd }),
        (.pack, { $0.isPack }),
        (.legacyBzip, { $0.has("BZ0") && (0x31...0x39).contains($0[3]) && $0.isBinary }),
        (.lzfse, { $0.isLZFSE }),
        (.pack200, { $0.isPack200 }),
        (.packIt, { $0.isBinary && ($0.has("PMag") || $0.has("PMa4")) }),
        (.stuffIt, { $0.isOldStuffIt }),
        (.amiga, { $0.isAmigaArchive }),
        (.lha, { $0.isLHA }),
        (.arj, { $0.isARJ }),
        (.arc, { $0.isARC }),
        (.tar, { $0.isOldTar }),
        (.fat, { $0.isFAT }),
        (.ext, { $0.isExt }),
        (.udf, { $0.isUDF }),
        (.hfs, { $0.isHFS }),
        (.zlib, { $0.isZlib }),
        (.lzma, { $0.isLZMA }),
        (.lzma86, { LZMA86Opener.isHead($0) }),
        (.oldArchiver, { $0.isDar }),
        (.fileSystem, { $0.isAmigaDisk }),
        (.sqliteArchive, { $0.isSQLiteArchive }),
        (.fileSystem, { $0.isJFFS2 }),
        (.macForks, { $0.isMacForks }),
        (.hexRecords, { HexRecordsOpener.isRecord($0) }),
        (.wideText, { WideTextOpener.isWide($0) }),
        (.markupText, { MarkupTextOpener.isHead($0) }),
        (.compressedRTF, { CompressedRTF.isHead($0) }),
        (.encryptedFile, { $0.isEncryptedFile }),
        (.encryptedDisk, { $0.isCoreStorage }),
        (.encryptedDatabase, { $0.isEncryptedAccess }),
        (.asar, { AsarOpener.isHead($0) }),
        (.gitObject, { GitObjectOpener.isHead($0) }),
        (.hereDocuments, { HereDocuments.isHead($0) }),
        (.isoMedia, { ISOMediaItems.isHead($0) }),
        (.id3, { $0.has(ID3Objects.mark) && ID3Objects.isPlausible($0.bytes[...], 0) }),
        (.flac, { $0.has(FLACPictures.mark) && FLACPictures.isPlausible($0.bytes[...], 0) }),
        (.webFont, { WebFont.isHead($0) }),
        (.flash, { FlashOpener.isHead($0) }),
        (.flashVideo, { FlashVideo.isHead($0) }),
        (.thermalRecords, { ThermalRecords.isHead($0) }),
        (.wasmSections, { WasmSections.isHead($0) }),
        (.icon, { IconImages.isHead($0) }),
        (.peResources, { PEResources.isHead($0) }),
        (.riff, { RIFFFiles.isHead($0) }),
        (.tiffEntries, { TIFFEntries.isHead($0) }),
        (.gifExtensions, { GIFExtensions.isHead($0) }),
        (.photoshopResources, { PhotoshopResources.isHead($0) }),
        (.oldArchiver, { $0.isResourceArchive || $0.isCPMArchive }),
        (.virtualDisk, { $0.isShortlyMarkedDisk }),
        (.fileSystem, { $0.isMinix || $0.isDump }),
        (.http, { HTTPMessages.isHead($0) }),
        (.textPatch, { head in TextPatch.marks.contains { head.has($0) } }),
        (.universalBinary, { UniversalBinary.isHead($0) }),
        (.bootImage, { BootImageOpener.isHead($0) }),
        (.firmware, { FirmwareImages.isHead($0) }),
        (.palmDatabase, { PalmDatabase.isHead($0) }),
        (.workbookRecords, { WorkbookRecords.isHead($0) }),
        (.gResource, { $0.has(GResourceOpener.mark) }),
        (.oldArchiver, { $0.isSCCS }),
        (.deflatedDICOM, { DeflatedDICOM.isHead($0) }),
    ]
}
