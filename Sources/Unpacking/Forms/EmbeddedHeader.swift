/// The validity of a container's first header behind other bytes, where a magic number alone proves nothing.
enum EmbeddedHeader {
    /// Returns the container's length as its header declares it, or `Int64.max` if it declares none. Returns nil if the
    /// header is not valid.
    static func length(of form: ContainerForm, in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let head = FileStart(bytes: try slice.bytes(at: offset, count: 512))
        switch form {
        case .sevenZip: return sevenZip(head)
        case .rar: return rar(head) ? unknown : nil
        case .rar5: return rar5(head) ? unknown : nil
        case .cab: return head.isCabinet ? Int64(head.number(4, at: 8)) : nil
        case .squashfs: return squashfs(head)
        case .lha: return lha(head) ? unknown : nil
        case .arj: return arj(try slice.bytes(at: offset, count: 2608)) ? unknown : nil
        case .ace: return ace(head) ? unknown : nil
        case .zoo: return head.has("ZOO ") ? unknown : nil
        case .stuffIt: return head.has("StuffIt (c)1997-") || head.isOldStuffIt || head.has("ST") ? unknown : nil
        case .xar: return head[6] == 0 && head[7] == 1 && head.has([0x78], at: 28) ? unknown : nil
        case .wim: return wim(head) ? unknown : nil
        case .cpio: return cpio(head) ? unknown : nil
        // GNU tar skips whole blocks to the next header.
        case .tar: return offset % 512 == 0 && head.isOldTar ? unknown : nil
        case .pgpArmor: return try armor("-----BEGIN PGP ", in: slice, at: offset)
        case .encryptedFile:
            // The first bytes of an age file, encoded.
            let encoded = head.bytes.split { $0 == 0x0A || $0 == 0x0D }.dropFirst().first
            guard encoded?.starts(with: Array("YWdlLWVuY3J5cHRpb24ub3Jn".utf8)) == true else { return nil }
            return try armor("-----BEGIN AGE ", in: slice, at: offset)
        case .ole2: return head.isOLE2 && head.number(2, at: 28) == 0xFFFE ? unknown : nil
        // Readers differ in what they take for the start of RTF. An object's data are decoded wherever they stand.
        case .rtf: return unknown
        case .powerPointObject: return try PowerPointObjects.length(in: slice, at: offset) == nil ? nil : unknown
        default: return nil
        }
    }

    /// An armor begins a line.
    private static func armor(_ start: String, in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        guard try slice.bytes(at: offset, count: start.utf8.count) == Array(start.utf8) else { return nil }
        let before = try offset == 0 ? [0x0A] : slice.bytes(at: offset - 1, count: 1)
        return before == [0x0A] || before == [0x0D] ? unknown : nil
    }

    private static let unknown = Int64.max / 2

    /// The checksum of the start header, and a directory that it points to.
    private static func sevenZip(_ head: FileStart) -> Int64? {
        guard head.bytes.count >= 32, head[6] == 0, UInt64(Array(head.bytes[12..<32]).crc32) == head.number(4, at: 8)
        else { return nil }
        let (end, overflows) = head.number(8, at: 12).addingReportingOverflow(head.number(8, at: 20))
        return overflows || end > UInt64(unknown) - 32 ? unknown : Int64(end) + 32
    }

    /// RAR 1.5 to 4: the archive's header (type 73) with its checksum, the low half of a CRC-32.
    private static func rar(_ head: FileStart) -> Bool {
        let length = Int(head.number(2, at: 12))
        guard head[9] == 0x73, length >= 13, 7 + length <= head.bytes.count else { return false }
        return UInt64(Array(head.bytes[9..<7 + length]).crc32 & 0xFFFF) == head.number(2, at: 7)
    }

    /// RAR 5: a header with its checksum, and a type from 1 to 5.
    private static func rar5(_ head: FileStart) -> Bool {
        var length = 0
        var index = 12
        for shift in stride(from: 0, to: 21, by: 7) {
            let byte = head[index]
            index += 1
            length |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { break }
        }
        guard length > 0, index + length <= head.bytes.count, (1...5).contains(head[index]) else { return false }
        return UInt64(Array(head.bytes[12..<index + length]).crc32) == head.number(4, at: 8)
    }

    /// Version 4, and a block size that agrees with its logarithm.
    private static func squashfs(_ head: FileStart) -> Int64? {
        let logarithm = head.number(2, at: 22)
        guard head.number(2, at: 28) == 4, (12...20).contains(logarithm), head.number(4, at: 12) == 1 << logarithm
        else { return nil }
        return head.number(8, at: 40) < UInt64(unknown) ? Int64(head.number(8, at: 40)) : unknown
    }

    /// The checksum of a header of level 0 or 1; the length and the next header's mark of level 2 and 3.
    private static func lha(_ head: FileStart) -> Bool {
        guard head.isLHA else { return false }
        switch head[20] {
        case 0, 1:
            let length = Int(head[0])
            guard length >= 20, 2 + length <= head.bytes.count else { return false }
            return head.bytes[2..<2 + length].reduce(0) { $0 &+ $1 } == head[1]
        case 2: return hasExtensions(head, upTo: Int(head.number(2, at: 0)))
        case 3: return head.number(2, at: 0) == 4 && (32...4096).contains(head.number(4, at: 24))
        default: return false
        }
    }

    /// The extended headers of level 2: a chain of lengths that ends at the header's own length, of at most 4 KiB.
    private static func hasExtensions(_ head: FileStart, upTo length: Int) -> Bool {
        guard (26...4096).contains(length) else { return false }
        var index = 24
        while index + 2 <= min(length, head.bytes.count) {
            let next = Int(head.number(2, at: index))
            // A byte of padding may follow, so that the length is no multiple of 256.
            if next == 0 { return length - index <= 3 }
            guard next >= 3 else { return false }
            index += next
        }
        return length > head.bytes.count && index <= length
    }

    /// The checksum of the archive's header.
    private static func arj(_ bytes: [UInt8]) -> Bool {
        let head = FileStart(bytes: bytes)
        let length = Int(head.number(2, at: 2))
        guard head.isARJ, 8 + length <= bytes.count else { return false }
        return UInt64(Array(bytes[4..<4 + length]).crc32) == head.number(4, at: 4 + length)
    }

    /// The checksum of the archive's header: the low half of a CRC-32 that is not inverted.
    private static func ace(_ head: FileStart) -> Bool {
        let length = Int(head.number(2, at: 2))
        guard head[4] == 0, length >= 27, 4 + length <= head.bytes.count else { return false }
        return UInt64(~Array(head.bytes[4..<4 + length]).crc32 & 0xFFFF) == head.number(2, at: 0)
    }

    /// The header's length, and a version from 1.9 on.
    private static func wim(_ head: FileStart) -> Bool {
        head.number(4, at: 8) == 208 && (0x0001_0900...0x0001_0F00).contains(head.number(4, at: 12))
            || head.number(4, at: 8) == 208 && head.number(4, at: 12) == 0xE00
    }

    /// The digits of a header of text, and a name that ends with a zero.
    private static func cpio(_ head: FileStart) -> Bool {
        let isNew = head[5] != 0x37
        let length = isNew ? 110 : 76
        guard head.bytes.count > length else { return false }
        let digits = head.bytes[6..<length]
        func isDigit(_ byte: UInt8) -> Bool {
            isNew
                ? (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
                : (0x30...0x37).contains(byte)
        }
        return digits.allSatisfy(isDigit) && head[length] != 0
    }
}
