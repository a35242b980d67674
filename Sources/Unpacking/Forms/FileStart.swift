/// The first bytes of a file. Bytes beyond their end read as zero.
struct FileStart {
    let bytes: [UInt8]

    subscript(index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    func has(_ magic: [UInt8], at offset: Int = 0) -> Bool {
        offset + magic.count <= bytes.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
    }

    func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }

    func number(_ count: Int, at offset: Int) -> UInt64 { bytes.number(count, at: offset) }
}

extension FileStart {
    /// `-lh5-` or the like at 2, after a header length.
    var isLHA: Bool {
        guard has("-l", at: 2), self[6] == 0x2D, has("h", at: 4) || has("z", at: 4) else { return false }
        guard (0x30...0x39).contains(self[5]) || self[5] == 0x64 || self[5] == 0x73 else { return false }
        // The header's level, of which readers know four. In a text a character stands here.
        return self[20] <= 3
    }

    /// `60 EA`, a header's size of at most 2600 bytes, and the main header's type and length, or its checksum: readers
    /// check neither, and some start at a member.
    var isARJ: Bool {
        has([0x60, 0xEA]) && (30...2600).contains(number(2, at: 2)) && (self[4] >= 30 && self[10] == 2 || hasARJSum)
    }

    /// Whether the bytes of a header of ARJ have the checksum behind them.
    var hasARJSum: Bool {
        let end = 4 + Int(number(2, at: 2))
        return end + 4 <= bytes.count && UInt64(Array(bytes[4..<end]).crc32) == number(4, at: end)
    }

    /// `1A`, a method, and a name that ends with a zero within 13 bytes: `arc` checks no byte of it.
    var isARC: Bool {
        guard self[0] == 0x1A, (1...9).contains(self[1]), bytes.count >= 29 else { return false }
        let name = bytes[2..<15].prefix { $0 != 0 }
        guard (1...12).contains(name.count), name.allSatisfy({ $0 >= 0x20 }) else { return false }
        // The member's length, its date and time, and the next header, if these bytes reach that far.
        let (length, day, time) = (number(4, at: 15), number(2, at: 19), number(2, at: 21))
        guard (1...31).contains(day & 31), (1...12).contains(day >> 5 & 15), length < 1 << 28 else { return false }
        guard time >> 11 < 24, time >> 5 & 63 < 60, time & 31 < 30 else { return false }
        let next = Int(length) + (self[1] == 1 ? 25 : 29)
        return next >= bytes.count || self[next] == 0x1A || hasPlainARCHeader
    }

    /// Whether a header of ARC is beyond chance by itself: a name of three letters and digits or more, and a length
    /// before packing that the packed length can have. `arc` reads a member whose end is damaged.
    var hasPlainARCHeader: Bool {
        let name = bytes[2..<15].prefix { $0 != 0 }
        let plain = name.count(where: Self.isFileNameCharacter)
        let isName = plain >= 3 && name.count - plain <= 1
        guard isName, self[1] > 2 else { return isName && self[1] == 2 && number(4, at: 25) == number(4, at: 15) }
        let (packed, unpacked) = (number(4, at: 15), number(4, at: 25))
        return packed > 0 && unpacked >= packed / 2 && unpacked <= packed * 512
    }

    /// Letters, digits, and what MS-DOS allows in names besides.
    private static func isFileNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: Array(".-_~!#$%&()@^{}".utf8).contains(byte)
        }
    }

    /// A V7 tar header, which has no `ustar`: its checksum, in octal, matches its bytes.
    var isOldTar: Bool {
        guard bytes.count >= 512, self[0] != 0 else { return false }
        let digits = bytes[148..<156].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard (1...7).contains(digits.count) else { return false }
        let checksum = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
        let covered = Array(bytes[..<148]) + Array(bytes[156..<512])
        let spaces = 8 * 0x20
        if checksum == covered.reduce(spaces, { $0 + Int($1) }) { return true }
        // Some old writers summed signed bytes, and readers accept both. Such a sum can be small: digits, their end and
        // the member's type have to fit as well.
        guard digits.count >= 3, self[digits.endIndex] == 0 || self[digits.endIndex] == 0x20,
            self[156] == 0
                || (0x30...0x37).contains(self[156])
        else { return false }
        return checksum == covered.reduce(spaces) { $0 + Int(Int8(bitPattern: $1)) }
    }

    /// The 13-byte header of an `.lzma` file: valid properties, a dictionary size as encoders write it, a size that is
    /// unknown or below 256 GiB. The first coded byte is zero. With the properties that nearly all encoders use (`5D`),
    /// any dictionary size is accepted, as decoders do; with a common dictionary as well, any size.
    var isLZMA: Bool {
        guard bytes.count >= 14, self[0] < 225, self[13] == 0 else { return false }
        return (hasCommonDictionary || self[0] == 0x5D) && hasCommonLZMASize
            || self[0] == 0x5D && hasCommonDictionary && number(4, at: 1) >= 4096
    }

    /// Whether the size in an `.lzma` header is unknown, or below 256 GiB.
    var hasCommonLZMASize: Bool {
        let size = number(8, at: 5)
        return size == .max || size > 0 && size < 1 << 38
    }

    /// Whether the dictionary's size in an `.lzma` header is one that encoders write.
    var hasCommonDictionary: Bool {
        let dictionary = number(4, at: 1)
        let isPower = dictionary != 0 && dictionary & (dictionary - 1) == 0
        return isPower || Self.hasTwoNeighbouringBits(dictionary) || dictionary == UInt64(UInt32.max)
    }

    /// Whether exactly two neighbouring bits are set: the dictionary sizes between the powers of two.
    private static func hasTwoNeighbouringBits(_ number: UInt64) -> Bool {
        number.nonzeroBitCount == 2 && number & (number >> 1) != 0
    }
}

extension FileStart {
    /// The magic number and a whole header. With less, no reader finds a stream.
    var isOLE2: Bool { bytes.count >= 512 && has(OLE2File.magic) }

    /// `{\rt`, which is all that Word asks for, behind white space or a byte order mark.
    var isRTF: Bool {
        let start = has([0xEF, 0xBB, 0xBF]) ? 3 : 0
        let text = bytes.dropFirst(start).prefix(1024).drop { $0 <= 0x20 }
        return text.starts(with: [0x7B, 0x5C, 0x72, 0x74])
    }
}
