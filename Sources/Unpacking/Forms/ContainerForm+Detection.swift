internal import Support

extension ContainerForm {
    /// The number of leading bytes that detection needs: up to the end of an ISO image's first descriptor.
    package static let detectionLength = 32 * 1024 + 2048

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
        let start = FileStart(bytes: bytes)
        for magic in Self.magicNumbers where start.has(magic.bytes, at: magic.offset) {
            self = magic.form
            return
        }
        for (form, matches) in Self.structuralChecks where matches(start) {
            self = form
            return
        }
        return nil
    }

    private struct Magic {
        let form: ContainerForm
        let bytes: [UInt8]
        var offset = 0

        init(_ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0) {
            self.form = form
            self.bytes = bytes
            self.offset = offset
        }

        init(_ form: ContainerForm, _ text: String, at offset: Int = 0) {
            self.init(form, Array(text.utf8), at: offset)
        }
    }

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
        Magic(.cab, "MSCF\0\0\0\0"),
        Magic(.xar, "xar!"),
        Magic(.warc, "WARC/0."),
        Magic(.warc, "WARC/1."),
        Magic(.gzip, [0x1F, 0x8B]),
        Magic(.compress, [0x1F, 0x9D]),
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
        Magic(.udf, "BEA01", at: 32769),
        Magic(.udf, "NSR0", at: 32769),
        Magic(.squashfs, "hsqs", at: 65536),
    ]

    /// Forms without a magic number, or with one that is too short to decide alone.
    private static let structuralChecks: [(ContainerForm, @Sendable (FileStart) -> Bool)] = [
        (.bzip2, { $0.has("BZh") && (0x31...0x39).contains($0[3]) }),
        // A skippable frame may precede the first one with data (RFC 8878, section 3.1.2).
        (.zstd, { $0[0] & 0xF0 == 0x50 && $0.has([0x2A, 0x4D, 0x18], at: 1) }),
        (.lha, { $0.isLHA }),
        (.arj, { $0.isARJ }),
        (.arc, { $0.isARC }),
        (.uuencode, { $0.isUuencoded }),
        (.tar, { $0.isOldTar }),
        (.fat, { $0.isFAT }),
        (.ext, { $0.isExt }),
        (.hfs, { $0.isHFS }),
        (.lzma, { $0.isLZMA }),
    ]
}
