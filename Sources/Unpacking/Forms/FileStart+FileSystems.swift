/// File systems that are recognised by the fields of their superblock, as lenient as the readers that mount them.
extension FileStart {
    /// A boot sector's jump and the parameters of a FAT: mtools and 7-Zip need neither `55 AA` nor a name.
    var isFAT: Bool {
        guard self[0] == 0xEB && self[2] == 0x90 || self[0] == 0xE9 || has([0x55, 0xAA], at: 510) else { return false }
        let sector = number(2, at: 11)
        let cluster = number(1, at: 13)
        guard [512, 1024, 2048, 4096].contains(sector), cluster.nonzeroBitCount == 1 else { return false }
        // Reserved sectors, one or two tables, a media byte, and a size in either field.
        guard number(2, at: 14) > 0, (1...2).contains(self[16]), self[21] == 0xF0 || self[21] >= 0xF8 else {
            return false
        }
        let hasTable = number(2, at: 22) > 0 || number(4, at: 36) > 0
        return hasTable && (number(2, at: 19) > 0 || number(4, at: 32) > 0)
    }

    /// A floppy disk of an Amiga: `DOS`, one of eight file systems, and the sum of the boot blocks or none.
    var isAmigaDisk: Bool { has("DOS") && self[3] < 8 && bytes.count >= 1024 && has([0, 0, 3, 0x70], at: 8) }

    /// A stream of dump(8), of any age and order of bytes: the type of its first record, and a mark at 24.
    var isDump: Bool {
        let marks: Set<UInt64> = [60011, 60012, 0x1954_0119]
        return (1...6).contains(number(4, at: 0)) && marks.contains(number(4, at: 24))
            || (1...6).contains(bigEndian(4, at: 0)) && marks.contains(bigEndian(4, at: 24))
    }

    /// The state and the behaviour after an error may have any value: readers ignore them.
    var isExt: Bool {
        has([0x53, 0xEF], at: 1080) && number(4, at: 1048) <= 6 && number(4, at: 1024) > 0 && number(4, at: 1028) > 0
            && number(4, at: 1056) > 0 && number(4, at: 1044) <= 1
    }

    /// A descriptor of UDF among the first 16 of the volume, those of ISO 9660 before it (ECMA-167, 2/8.3.1).
    var isUDF: Bool {
        (0..<16).contains { has("NSR0", at: 32769 + $0 * 2048) || has("BEA01", at: 32769 + $0 * 2048) }
    }

    /// HFS+ and HFSX in any version, and the classic HFS, whose block size is a multiple of 512. Readers accept a name
    /// of any length.
    var isHFS: Bool {
        if has("H+", at: 1024) || has("HX", at: 1024) { return self[1026] == 0 && (1...16).contains(self[1027]) }
        guard has("BD", at: 1024), bytes.count > 1024 + 128 else { return false }
        let blockSize =
            UInt64(self[1044]) << 24 | UInt64(self[1045]) << 16 | UInt64(self[1046]) << 8 | UInt64(self[1047])
        return blockSize > 0 && blockSize % 512 == 0 && bigEndian(2, at: 1042) > 0
    }
}
