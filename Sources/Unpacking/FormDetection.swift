internal import Support

extension ContainerForm {
    /// Bytes from the start that decide: an ISO image's first descriptor ends the list.
    package static let decidingLength = 32 * 1024 + 2048

    /// The form of what lies in a file from `offset` on; nil where it is no container that is known.
    ///
    /// - Parameter descriptor: read by `pread`; its own offset stays as it is.
    package init?(descriptor: CInt, offset: Int64 = 0) {
        var bytes = [UInt8](repeating: 0, count: Self.decidingLength)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(descriptor, offset: offset, into: $0) }
        guard count > 0 else { return nil }
        bytes.removeLast(bytes.count - count)
        self.init(startingWith: bytes)
    }

    /// - Parameter bytes: the first ones of the file: `decidingLength` of them, or all that there are. Fewer leave forms
    ///   unknown that are told by what lies further behind (tar 512, ISO 9660 32 KiB).
    package init?(startingWith bytes: [UInt8]) {
        let start = FileStart(bytes: bytes)
        for mark in Self.marks where start.has(mark.bytes, at: mark.offset) {
            self = mark.form
            return
        }
        for (form, fits) in Self.shapes where fits(start) {
            self = form
            return
        }
        return nil
    }

    private struct Mark {
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

    /// Signatures, the longer one first where one begins another. Each is as its format's description gives it.
    private static let marks: [Mark] = [
        Mark(.zip, [0x50, 0x4B, 3, 4]),
        // An empty archive, and the first volume of several or of one that would have been several.
        Mark(.zip, [0x50, 0x4B, 5, 6]),
        Mark(.zip, [0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4]),
        Mark(.zip, [0x50, 0x4B, 0x30, 0x30, 0x50, 0x4B, 3, 4]),
        Mark(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Mark(.rar5, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]),
        Mark(.rar, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]),
        Mark(.tar, "ustar", at: 257),
        Mark(.cpio, "070701"),
        Mark(.cpio, "070702"),
        Mark(.cpio, "070707"),
        Mark(.cpio, [0xC7, 0x71]),
        Mark(.cpio, [0x71, 0xC7]),
        Mark(.ar, "!<arch>\n"),
        Mark(.ar, "!<thin>\n"),
        Mark(.cab, "MSCF\0\0\0\0"),
        Mark(.xar, "xar!"),
        Mark(.warc, "WARC/0."),
        Mark(.warc, "WARC/1."),
        Mark(.gzip, [0x1F, 0x8B]),
        Mark(.compress, [0x1F, 0x9D]),
        Mark(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        Mark(.lzip, "LZIP"),
        Mark(.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
        Mark(.lz4, [4, 0x22, 0x4D, 0x18]),
        Mark(.lz4, [2, 0x21, 0x4C, 0x18]),
        Mark(.rpm, [0xED, 0xAB, 0xEE, 0xDB]),
        Mark(.lzop, [0x89, 0x4C, 0x5A, 0x4F, 0, 0x0D, 0x0A, 0x1A, 0x0A]),
        Mark(.lrzip, "LRZI"),
        Mark(.grzip, [0x47, 0x52, 0x5A, 0x69, 0x70, 0x49, 0x49, 0, 2, 4, 0x3A, 0x29]),
        Mark(.snappy, [0xFF, 6, 0, 0, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59]),
        Mark(.squashfs, "hsqs"),
        Mark(.squashfs, "sqsh"),
        Mark(.cramfs, [0x45, 0x3D, 0xCD, 0x28]),
        Mark(.romfs, "-rom1fs-"),
        Mark(.qcow, [0x51, 0x46, 0x49, 0xFB]),
        Mark(.vmdk, "KDMV"),
        Mark(.vmdk, "COWD"),
        Mark(.vmdk, "# Disk DescriptorFile"),
        Mark(.vhd, "conectix"),
        Mark(.vhdx, "vhdxfile"),
        Mark(.vdi, [0x7F, 0x10, 0xDA, 0xBE], at: 64),
        Mark(.wim, "MSWIM\0\0\0"),
        Mark(.wim, "WLPWM\0\0\0"),
        Mark(.ace, "**ACE**", at: 7),
        Mark(.zoo, [0xDC, 0xA7, 0xC4, 0xFD], at: 20),
        Mark(.stuffIt, "StuffIt (c)1997"),
        Mark(.stuffIt, "StuffIt!"),
        Mark(.alz, "ALZ\u{1}"),
        Mark(.egg, "EGGA"),
        Mark(.freeArc, "ArC\u{1}"),
        Mark(.zpaq, "zPQ"),
        Mark(.zpaq, "7kSt"),
        Mark(.ntfs, "NTFS    ", at: 3),
        Mark(.exfat, "EXFAT   ", at: 3),
        Mark(.xfs, "XFSB"),
        Mark(.iso, "CD001", at: 32769),
        Mark(.udf, "BEA01", at: 32769),
        Mark(.udf, "NSR0", at: 32769),
        Mark(.squashfs, "hsqs", at: 65536),
    ]

    /// Forms without a signature of their own, or with one that is too short to go by alone.
    private static let shapes: [(ContainerForm, @Sendable (FileStart) -> Bool)] = [
        (.bzip2, { $0.has("BZh") && (0x31...0x39).contains($0[3]) }),
        // A frame to be passed over may stand before the first one with data.
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
