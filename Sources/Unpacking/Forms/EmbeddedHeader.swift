/// The validity of a container's first header behind other bytes, where a magic number alone proves nothing.
enum EmbeddedHeader {
    /// Returns the container's length as its header declares it, or `Int64.max` if it declares none. Returns nil if the
    /// header is not valid.
    static func length(of form: ContainerForm, in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        let head = FileStart(bytes: try slice.bytes(at: offset, count: 512))
        switch form {
        case .sevenZip: return sevenZip(head, left: slice.size - offset)
        case .rar: return rar(head) ? unknown : nil
        case .rar5: return rar5(head) ? unknown : nil
        case .cab: return head.isCabinet ? Int64(head.number(4, at: 8)) : nil
        case .squashfs: return squashfs(head)
        case .lha: return lha(head) ? unknown : nil
        case .arj:
            let head = FileStart(bytes: try slice.bytes(at: offset, count: 2608))
            return head.isARJ && head.hasARJSum ? unknown : nil
        case .ace: return ace(head) ? unknown : nil
        case .zoo: return head.has("ZOO ") ? unknown : nil
        case .stuffIt: return head.has("StuffIt (c)1997-") || head.isOldStuffIt || head.has("ST") ? unknown : nil
        case .xar: return head[6] == 0 && head[7] == 1 && head.has([0x78], at: 28) ? unknown : nil
        case .wim: return wim(head) ? unknown : nil
        case .cpio: return try cpio(head, slice, offset) ? unknown : nil
        // GNU tar skips whole blocks to the next header, GNU cpio single bytes.
        case .tar: return head.isOldTar ? unknown : nil
        case .ar: return ar(head) ? unknown : nil
        case .rpm: return head.has([0x8E, 0xAD, 0xE8, 1], at: 96) ? unknown : nil
        case .arc: return try arc(head, slice, offset) ? unknown : nil
        case .zip: return try zip(head, slice, offset) ? unknown : nil
        case .gzip, .bzip2, .xz, .zstd, .lzma: return try stream(form, head, slice, offset) ? unknown : nil
        // The trailer, which ends the image.
        case .dmg: return 512
        case .hfs: return hfsPlus(try slice.bytes(at: offset + 1024, count: 48))
        case .nsis: return NSISHeader(head.bytes)?.size
        case .pgpArmor: return try armor("-----BEGIN PGP ", in: slice, at: offset)
        case .encryptedFile:
            // The first bytes of an age file, encoded.
            let encoded = head.bytes.split { $0 == 0x0A || $0 == 0x0D }.dropFirst().first
            guard encoded?.starts(with: Array("YWdlLWVuY3J5cHRpb24ub3Jn".utf8)) == true else { return nil }
            return try armor("-----BEGIN AGE ", in: slice, at: offset)
        case .matroskaAttachments: return try MatroskaAttachments.length(in: slice, at: offset)
        case .photoshop: return try PhotoshopObjects.length(in: slice, at: offset)
        case .universalBinary: return try UniversalBinary.isAt(offset, in: slice) ? unknown : nil
        case .xmp: return try XMPPacket.length(in: slice, at: offset)
        case .gResource: return try GResourceOpener.length(in: slice, at: offset)
        case .dicomDocument: return try DICOMDocument.length(in: slice, at: offset)
        case .textPatch: return try isAtLineStart(offset, in: slice) ? unknown : nil
        case .innoSetup: return isInnoSetup(head) ? unknown : nil
        // The number of its files.
        case .installShield: return (1...10_000).contains(head.number(2, at: 14)) ? unknown : nil
        case .id3: return ID3Objects.length(ofTag: head.bytes)
        case .flac, .gitPatch, .hereDocuments: return unknown
        case .pyInstaller: return try PyInstallerOpener.range(in: slice, at: offset) == nil ? nil : unknown
        case .subversionRevision: return try SubversionRevision.isText(in: slice, at: offset) ? unknown : nil
        case .apeTag: return try APEItems.range(in: slice, at: offset) == nil ? nil : 32
        case .phar: return try PharOpener.manifest(in: slice, at: offset) == nil ? nil : unknown
        case .ole2: return isOLE2(head) ? unknown : nil
        // Readers differ in what they take for the start of RTF. An object's data are decoded wherever they stand.
        case .rtf: return unknown
        case .powerPointObject: return try PowerPointObjects.length(in: slice, at: offset) == nil ? nil : unknown
        default: return try isImage(form, in: slice, at: offset) ? unknown : nil
        }
    }

    /// An armor begins a line.
    private static func armor(_ start: String, in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Int64? {
        guard try slice.bytes(at: offset, count: start.utf8.count) == Array(start.utf8) else { return nil }
        return try isAtLineStart(offset, in: slice) ? unknown : nil
    }

    private static func isAtLineStart(_ offset: Int64, in slice: FileSlice) throws(UnpackingError) -> Bool {
        let before = try offset == 0 ? [0x0A] : slice.bytes(at: offset - 1, count: 1)
        return before == [0x0A] || before == [0x0D]
    }

    private static let unknown = Int64.max / 2

    /// The byte order, and sizes of sectors that a reader accepts ([MS-CFB] 2.2): the magic number alone stands in
    /// programs that read OLE2.
    private static func isOLE2(_ head: FileStart) -> Bool {
        let (shift, miniShift) = (head.number(2, at: 30), head.number(2, at: 32))
        return head.isOLE2 && head.number(2, at: 28) == 0xFFFE && (7...20).contains(shift)
            && (3...shift).contains(miniShift)
    }

    /// The checksum of the start header, and a directory that it points to.
    private static func sevenZip(_ head: FileStart, left: Int64) -> Int64? {
        guard head.bytes.count >= 32, head[6] == 0 else { return nil }
        let (end, overflows) = head.number(8, at: 12).addingReportingOverflow(head.number(8, at: 20))
        let isFar = overflows || end > UInt64(unknown) - 32
        guard UInt64(Array(head.bytes[12..<32]).crc32) != head.number(4, at: 8) else {
            return isFar ? unknown : Int64(end) + 32
        }
        // Some readers do not compare the checksum, nor mind a directory that ends behind the file.
        return !isFar && head[7] <= 4 && (1...1 << 20).contains(head.number(8, at: 20))
            && head.number(8, at: 12) < UInt64(left) ? Int64(end) + 32 : nil
    }

    /// RAR 1.5 to 4: the archive's header, of its usual length or with its type (73) and its checksum, the low half
    /// of a CRC-32.
    private static func rar(_ head: FileStart) -> Bool {
        let length = Int(head.number(2, at: 12))
        guard length >= 13, 7 + length <= head.bytes.count else { return false }
        // Some readers compare neither.
        return length == 13
            || head[9] == 0x73 && UInt64(Array(head.bytes[9..<7 + length]).crc32 & 0xFFFF) == head.number(2, at: 7)
    }

    /// RAR 5: the archive's short header, or one of a type from 1 to 5 with its checksum.
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
        return head[index] == 1 && length <= 32
            || UInt64(Array(head.bytes[12..<index + length]).crc32) == head.number(4, at: 8)
    }

    /// Version 4 and a block size that agrees with its logarithm, or an older version of either byte order.
    private static func squashfs(_ head: FileStart) -> Int64? {
        if head.has("sqsh") || head.number(2, at: 28) != 4 {
            let isBig = head.has("sqsh")
            let version = isBig ? head.bigEndian(2, at: 28) : head.number(2, at: 28)
            let logarithm = isBig ? head.bigEndian(2, at: 34) : head.number(2, at: 34)
            return (1...4).contains(version) && (version == 4 || (12...20).contains(logarithm)) ? unknown : nil
        }
        let logarithm = head.number(2, at: 22)
        guard (12...20).contains(logarithm), head.number(4, at: 12) == 1 << logarithm else { return nil }
        return head.number(8, at: 40) < UInt64(unknown) ? Int64(head.number(8, at: 40)) : unknown
    }

    /// The checksum of a header of level 0 or 1, the extended headers of level 2, the length of level 3.
    private static func lha(_ head: FileStart) -> Bool {
        guard head.isLHA else { return false }
        switch head[20] {
        case 0, 1:
            let length = Int(head[0])
            guard length >= 20, 2 + length <= head.bytes.count else { return false }
            return head.bytes[2..<2 + length].reduce(0) { $0 &+ $1 } == head[1]
        case 2: return hasExtensions(head)
        case 3: return head.number(2, at: 0) == 4 && (32...4096).contains(head.number(4, at: 24))
        default: return false
        }
    }

    /// The extended headers of level 2: a chain of lengths that ends with a zero. Readers do not mind the header's own
    /// length.
    private static func hasExtensions(_ head: FileStart) -> Bool {
        var (index, count) = (24, 0)
        while index + 2 <= head.bytes.count {
            let next = Int(head.number(2, at: index))
            if next == 0 { return count > 0 }
            guard (3...4096).contains(next) else { return false }
            (index, count) = (index + next, count + 1)
        }
        return count > 0
    }

    /// The checksum of the archive's header: the low half of a CRC-32 that is not inverted.
    private static func ace(_ head: FileStart) -> Bool {
        let length = Int(head.number(2, at: 2))
        guard head[4] == 0, length >= 27, 4 + length <= head.bytes.count else { return false }
        return UInt64(~Array(head.bytes[4..<4 + length]).crc32 & 0xFFFF) == head.number(2, at: 0)
    }

    /// The volume header of HFS+: version 4 or 5, and the number and the size of its blocks.
    private static func hfsPlus(_ header: [UInt8]) -> Int64? {
        let (size, count) = (header.bigNumber(4, at: 40), header.bigNumber(4, at: 44))
        guard header.count == 48, (4...5).contains(header[3]), size.nonzeroBitCount == 1,
            (512...1 << 20).contains(size),
            count > 1
        else { return nil }
        return Int64(size * count)
    }

    /// The header's length, and a version from 1.9 on.
    private static func wim(_ head: FileStart) -> Bool {
        head.number(4, at: 8) == 208 && (0x0001_0900...0x0001_0F00).contains(head.number(4, at: 12))
            || head.number(4, at: 8) == 208 && head.number(4, at: 12) == 0xE00
    }

    /// GNU cpio goes on where a field has other bytes than digits. `CpioHeaders` reports them.
    private static let maximumOddDigits = 8

    /// A local header of ZIP (APPNOTE 4.3.7): a version, a method, a date, a name without control characters, and sizes
    /// that fit.
    private static func zip(_ head: FileStart, _ slice: FileSlice, _ offset: Int64) throws(UnpackingError) -> Bool {
        let (version, method, date) = (head[4], head.number(2, at: 8), head.number(2, at: 12))
        guard head.bytes.count > 30, version <= 63, head[5] <= 20, method <= 20 || (93...99).contains(method),
            date == 0 || (1...12).contains(date >> 5 & 15) && date & 31 > 0
        else { return false }
        let (packed, length) = (Int64(head.number(4, at: 18)), Int(head.number(2, at: 26)))
        let isStreamed = head[6] & 8 != 0 || packed == 0xFFFF_FFFF
        guard (1...1024).contains(length), isStreamed || packed <= 2 * (slice.size - offset) else { return false }
        guard method != 0 || isStreamed || head[6] & 1 != 0 || head.number(4, at: 18) == head.number(4, at: 22) else {
            return false
        }
        let name = try slice.bytes(at: offset + 30, count: length)
        return name.count == length && name.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// The digits of a header of text, and a name; or a binary header.
    private static func cpio(
        _ head: FileStart, _ slice: FileSlice, _ offset: Int64
    ) throws(UnpackingError) -> Bool {
        guard head[0] == 0x30 else {
            return isBinaryCpio(head.bytes[...], 0, isSwapped: head[0] == 0x71)
        }
        let isNew = head[5] != 0x37
        let length = isNew ? 110 : 76
        guard head.bytes.count > length else { return false }
        let digits = head.bytes[6..<length]
        func isDigit(_ byte: UInt8) -> Bool {
            isNew
                ? (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
                : (0x30...0x37).contains(byte)
        }
        guard digits.count(where: { !isDigit($0) }) <= maximumOddDigits, head[length] != 0 else { return false }
        // GNU cpio takes a name without a zero at its end, too.
        let name = head.bytes[isNew ? 94..<102 : 59..<65]
        guard name.allSatisfy(isDigit),
            let count = Int64(String(decoding: name, as: UTF8.self), radix: isNew ? 16 : 8)
        else { return try slice.bytes(at: offset, count: Self.longestOddName).contains(0) }
        return count > 0 && offset + Int64(length) + count <= slice.size
    }

    /// How far a zero may be from a header in which the length of the name is no number.
    private static let longestOddName = 4096

    /// The binary header of cpio, of 13 words of 16 bits, at a place of a block: a type of file, and a name of the
    /// stated length that ends with a zero.
    static func isBinaryCpio(_ block: ArraySlice<UInt8>, _ mark: Int, isSwapped: Bool) -> Bool {
        guard mark + 30 <= block.endIndex else { return true }
        func word(_ index: Int) -> Int {
            let (first, second) = (Int(block[mark + 2 * index]), Int(block[mark + 2 * index + 1]))
            return isSwapped ? first << 8 | second : second << 8 | first
        }
        let isFile = [0o100000, 0o040000, 0o120000].contains(word(3) & 0o170000)
        let length = word(10)
        guard (2...1024).contains(length) else { return false }
        guard mark + 26 + length <= block.endIndex else { return true }
        let name = block[mark + 26..<mark + 26 + length]
        // Readers do not mind a type that no file has. Then a name of some letters and a size are needed.
        return name.last == 0
            && (isFile
                ? name.dropLast().allSatisfy { $0 != 0 }
                : length >= 4 && word(11) < 0x400 && name.dropLast().allSatisfy { (0x20...0x7E).contains($0) })
    }

    /// The first member's header: two bytes that end it, and a size in decimal digits.
    private static func ar(_ head: FileStart) -> Bool {
        guard head.has([0x60, 0x0A], at: 66) else { return false }
        let digits = head.bytes[56..<66].prefix { (0x30...0x39).contains($0) }
        return !digits.isEmpty && head.bytes[56 + digits.count..<66].allSatisfy { $0 == 0x20 }
    }

    /// A name of up to twelve bytes that ends with a zero. `arc` minds no byte of it.
    static func isARCName(_ bytes: ArraySlice<UInt8>) -> Bool {
        let name = bytes.prefix(13).prefix { $0 != 0 }
        guard (1...12).contains(name.count) else { return false }
        return name.allSatisfy { $0 >= 0x20 }
    }

    /// A header of ARC, and the mark of the next one where it says that its member ends.
    private static func arc(_ head: FileStart, _ slice: FileSlice, _ offset: Int64) throws(UnpackingError) -> Bool {
        guard head.isARC else { return false }
        let next = offset + Int64(head.number(4, at: 15)) + (head[1] == 1 ? 25 : 29)
        let mark = try slice.bytes(at: next, count: 2)
        if mark.first == 0x1A && mark.last! <= 20 { return true }
        // Without the next header, what a program's code resembles by chance: short names, and sizes beyond DOS.
        let name = head.bytes[2..<15].prefix { $0 != 0 }
        return name.count > 3 && head.number(4, at: 25) < 1 << 28 && head.hasPlainARCHeader
            && Int64(head.number(4, at: 15)) <= 2 * (slice.size - offset)
    }

    /// A header that is valid as far as it goes, and a first byte that decodes: readers take the next one otherwise.
    private static func stream(
        _ form: ContainerForm, _ head: FileStart, _ slice: FileSlice, _ offset: Int64
    ) throws(UnpackingError) -> Bool {
        switch form {
        case .gzip: guard head[3] & 0xE0 == 0 else { return false }
        // The mark of a first block, or that of the end of an empty stream.
        case .bzip2:
            return (0x31...0x39).contains(head[3])
                && (head.has([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4)
                    || head.has([0x17, 0x72, 0x45, 0x38, 0x50, 0x90], at: 4))
        case .xz: return head.bytes.count >= 12 && UInt64(Array(head.bytes[6..<8]).crc32) == head.number(4, at: 8)
        case .lzma: guard head.isLZMA else { return false }
        default: break
        }
        return StreamOpener.decodes(slice[offset..<slice.size], form)
    }
}
