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

    /// The tables in which SQLite's own program, or Fossil, keeps packed files, named in the first pages: of an
    /// archive, a repository, a bundle and a patch.
    var isSQLiteArchive: Bool {
        guard has("SQLite format 3\0") else { return false }
        let pairs = [("sqlar", ""), ("blob", "rcvid"), ("bblob", "CREATE TABLE bconfig"), ("chng", "isexe")]
        return pairs.contains { table, other in
            bytes.index(of: Array("CREATE TABLE \(table)".utf8)) != nil
                && (other.isEmpty || bytes.index(of: Array(other.utf8)) != nil)
        }
    }

    /// A slice of dar: its mark, ten bytes of a label, `T` for the last slice or `N`, and an extension's mark.
    var isDar: Bool {
        number(4, at: 0) == 0x7B00_0000 && [0x54, 0x4E, 0x45].contains(self[14])
            && [0x54, 0x4E, 0x53].contains(self[15])
    }

    /// A file of SCCS: a control character, `h`, and the five digits of a sum.
    var isSCCS: Bool {
        has([1, 0x68]) && bytes.count > 8 && bytes[2..<7].allSatisfy { (0x30...0x39).contains($0) } && self[7] == 0x0A
    }

    /// A node of JFFS2 of either byte order: its mark, a type, and a length.
    var isJFFS2: Bool {
        let isSmall = has([0x85, 0x19]) && [0xE0, 0x20].contains(self[3]) && (1...3).contains(self[2])
        let isBig = has([0x19, 0x85]) && [0xE0, 0x20].contains(self[2]) && (1...3).contains(self[3])
        let length = isSmall ? number(4, at: 4) : bigEndian(4, at: 4)
        return (isSmall || isBig) && (12...65536).contains(length)
    }

    /// AppleSingle or AppleDouble of version 1 or 2 (RFC 1740), or MacBinary: no version number, a name's length, zeros
    /// at fixed places, and forks that fit.
    var isMacForks: Bool {
        if has([0, 5, 0x16, 0]) || has([0, 5, 0x16, 7]) {
            return (1...2).contains(self[5]) && self[4] == 0 && bigEndian(2, at: 24) > 0
        }
        guard bytes.count > 128, self[0] == 0, (1...63).contains(self[1]), self[74] == 0, self[82] == 0 else {
            return false
        }
        let (data, resource) = (bigEndian(4, at: 83), bigEndian(4, at: 87))
        // Between the name and the type, and behind the lengths, MacBinary has zeros or fields of small numbers.
        guard bytes[2..<2 + Int(self[1])].allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return false }
        let types = bytes[65..<73]
        guard types.allSatisfy({ $0 >= 0x20 || $0 == 0 }), bytes[108..<116].allSatisfy({ $0 == 0 }) else {
            return false
        }
        return data + resource > 0 && max(data, resource) < 1 << 31
    }
}
