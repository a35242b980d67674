/// Archivers whose magic number is too short to decide alone.
extension FileStart {
    /// Whether a byte that no text has is among the first 64.
    var isBinary: Bool {
        bytes.prefix(64).contains { $0 < 7 || (0x0E...0x1F).contains($0) && $0 != 0x1B || $0 == 0x7F }
    }

    /// `MSCF`, sane offsets and counts. The reserved fields may have any value, as cabextract and 7-Zip accept them.
    var isCabinet: Bool {
        guard has("MSCF"), bytes.count >= 36 else { return false }
        let size = number(4, at: 8)
        let files = number(4, at: 16)
        return size >= 36 && files >= 36 && files < size && self[25] == 1 && number(2, at: 26) > 0
            && number(2, at: 28) > 0
    }

    /// Frames of Zstandard 0.1 to 0.7, which the `zstd` of most distributions still decodes.
    var isLegacyZstd: Bool {
        (self[0] == 0x1E || (0x22...0x27).contains(self[0])) && has([0xB5, 0x2F, 0xFD], at: 1)
            || has([0xFD, 0x2F, 0xB5, 0x1E])
    }

    /// `pack`: the unpacked size in big-endian order, the number of levels of its tree, and as many leaves a level.
    var isPack: Bool {
        guard has([0x1F, 0x1E]), bytes.count > 8, (1...24).contains(self[6]) else { return false }
        let size = (2...5).reduce(0) { $0 << 8 | UInt64(self[$1]) }
        let leaves = (0..<Int(self[6])).reduce(0) { $0 + Int(self[7 + $1]) }
        return size > 0 && (1...256).contains(leaves)
    }

    /// A block of LZFSE: `bvx-`, `bvx1`, `bvx2`, `bvxn`.
    var isLZFSE: Bool { isBinary && has("bvx") && [0x2D, 0x31, 0x32, 0x6E].contains(self[3]) }

    /// `CAFED00D` and a version of 150, 160, 170 or 171, minor number first, as encoded bytes.
    var isPack200: Bool {
        has([0xCA, 0xFE, 0xD0, 0x0D]) && self[4] <= 7 && (150...171).contains(self[5])
    }

    /// StuffIt 1 to 4: a mark of the creator, and `rLau` at 10. The mark alone is enough for The Unarchiver if the
    /// archive's length fits.
    var isOldStuffIt: Bool { has("SIT!") && bytes.count >= 22 && (1...15).contains(self[14]) }

    /// LZX, PowerPacker, XPK, DMS.
    var isAmigaArchive: Bool {
        isBinary
            && (has("LZX") && self[3] & 0xF8 == 0 && bytes.count >= 41 || has("PP20") && self[4] < 16 && self[4] >= 9
                || has("XPKF") || has("DMS!") || has("ZOM5"))
    }
}
