/// Images of file systems and disks behind other bytes: what 7-Zip searches for. Nothing here opens most of them, so
/// their headers have to be valid beyond chance.
extension EmbeddedHeader {
    /// Whether an image begins at an offset.
    static func isImage(_ form: ContainerForm, in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Bool {
        let head = FileStart(bytes: try slice.bytes(at: offset, count: 1200))
        switch form {
        case .fat: return head.isFAT && head.has([0x55, 0xAA], at: 510)
        case .ntfs, .exfat: return head[0] == 0xEB && head[2] == 0x90 && head.has([0x55, 0xAA], at: 510)
        case .ext: return isExt(head)
        case .apfs: return isPowerOfTwo(head.number(4, at: 36), in: 4096...65536)
        case .iso: return try isISO(slice, offset)
        case .vmdk:
            return (1...3).contains(head.number(4, at: 4)) && isPowerOfTwo(head.number(8, at: 20), in: 1...1 << 20)
        case .qcow: return (1...3).contains(head.bigEndian(4, at: 4)) && (9...21).contains(head.bigEndian(4, at: 20))
        case .vhd: return isVHD(head)
        case .vhdx: return try slice.bytes(at: offset + 65536, count: 4) == Array("head".utf8)
        case .vdi: return head.has([1, 0, 1, 0], at: 68)
        case .cramfs: return head.has("Compressed ROMFS", at: 16)
        // A partition table: the mark has its version and its header's length.
        case .virtualDisk: return head.bigEndian(8, at: 512) == 0x4546_4920_5041_5254
        default: return false
        }
    }

    /// The superblock of an ext2, ext3 or ext4 with the fields that 7-Zip asks for, which searches for one: no more is
    /// free than there is, the first block's number follows from the size of a block, and the copy is the first one.
    private static func isExt(_ head: FileStart) -> Bool {
        func field(_ offset: Int) -> UInt64 { head.number(4, at: 1024 + offset) }
        guard head.isExt, field(0) > field(16), field(4) >= field(12), field(20) == (field(24) == 0 ? 1 : 0) else {
            return false
        }
        let (clusterLogarithm, blocksInGroup, clustersInGroup) = (field(28), field(32), field(36))
        return (clusterLogarithm == 0 || clusterLogarithm == field(24)) && blocksInGroup == clustersInGroup
            && (1...field(0)).contains(field(40)) && head.number(2, at: 1024 + 90) == 0
    }

    /// A primary volume descriptor of version 1.
    private static func isISO(_ slice: FileSlice, _ offset: Int64) throws(UnpackingError) -> Bool {
        let descriptor = FileStart(bytes: try slice.bytes(at: offset + 32768, count: 192))
        return descriptor.has([1, 0x43, 0x44, 0x30, 0x30, 0x31, 1]) && descriptor.number(2, at: 128) == 2048
    }

    /// The footer of a VHD: its features, its version, and the complement of the sum of its bytes.
    private static func isVHD(_ head: FileStart) -> Bool {
        guard head.bytes.count >= 512, head.bigEndian(4, at: 12) == 0x10000 else { return false }
        let sum = head.bytes[..<64].reduce(UInt64(0)) { $0 + UInt64($1) }
        let all = head.bytes[68..<512].reduce(sum) { $0 + UInt64($1) }
        return ~UInt32(truncatingIfNeeded: all) == UInt32(truncatingIfNeeded: head.bigEndian(4, at: 64))
    }

    private static func isPowerOfTwo(_ number: UInt64, in range: ClosedRange<UInt64>) -> Bool {
        range.contains(number) && number.nonzeroBitCount == 1
    }

    /// Whether the bytes around `55 AA` at a place of a block can be the boot sector of a FAT.
    static func mayBeFAT(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let start = mark - 510
        guard start >= block.startIndex else { return true }
        let isJump = block[start] == 0xEB && block[start + 2] == 0x90 || block[start] == 0xE9
        return isJump && block[start + 11] == 0 && [2, 4, 8, 16].contains(block[start + 12])
    }

    /// Whether the bytes around `53 EF` at a place of a block can be the superblock of an ext2, ext3 or ext4.
    static func mayBeExt(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        let start = mark - 56
        guard start >= block.startIndex, mark + 24 <= block.endIndex else { return true }
        // The logarithm of the block size is at most 6, the revision 0 or 1.
        return block[start + 24] <= 6 && block[start + 25..<start + 28].allSatisfy { $0 == 0 } && block[mark + 20] <= 1
            && block[mark + 21..<mark + 24].allSatisfy { $0 == 0 }
    }
}

extension FileStart {
    /// Returns a big-endian number of at most 8 bytes.
    func bigEndian(_ count: Int, at offset: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 << 8 | UInt64(self[offset + $1]) }
    }
}
