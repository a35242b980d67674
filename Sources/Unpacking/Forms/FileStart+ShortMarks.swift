/// Forms whose mark is a word of four letters or less: the fields behind it decide.
extension FileStart {
    /// Archives of games and of programs' resources, of which ordinary tools take the files out.
    var isResourceArchive: Bool {
        switch String(decoding: bytes.prefix(4), as: UTF8.self) {
        // Quake: where the directory of rows of 64 bytes is, and its length, which no four letters are.
        case "PACK": number(4, at: 4) >= 12 && (64...1 << 28).contains(number(4, at: 8)) && number(4, at: 8) % 64 == 0
        // Doom, Half-Life: the number of the rows, and where they are.
        case "IWAD", "PWAD", "WAD2", "WAD3":
            (1...1 << 20).contains(number(4, at: 4)) && number(4, at: 8) >= 12
        // Qt: a version, and three offsets.
        case "qres":
            (1...3).contains(bigEndian(4, at: 4)) && [8, 12, 16].allSatisfy { bigEndian(4, at: $0) > 0 }
        // Electronic Arts: the archive's length, the number of files, the length of their list.
        case "BIGF", "BIG4": (1...1 << 20).contains(bigEndian(4, at: 8)) && bigEndian(4, at: 12) >= 16
        // Godot: versions.
        case "GDPC": (1...4).contains(number(4, at: 4)) && number(4, at: 8) < 100
        // Bethesda: a version, and what is archived.
        case "BTDX": (1...16).contains(number(4, at: 4)) && (has("GNRL", at: 8) || has("DX10", at: 8))
        // Nintendo: the byte order or the number of files, the length of a head.
        case "NARC": (has([0xFE, 0xFF], at: 4) || has([0xFF, 0xFE], at: 4)) && number(2, at: 12) == 16
        case "PFS0": (1...1 << 16).contains(number(4, at: 4)) && number(4, at: 8) > 0 && number(4, at: 12) == 0
        // LucasArts: where the list of files is, or a version.
        case "GOB\n": isBinary && (12..<1 << 31).contains(number(4, at: 4))
        case "GOB ": number(4, at: 4) == 20
        // Descent: the number of files, where their bytes begin, and what is free.
        case "HOG2": (1...1 << 16).contains(number(4, at: 4)) && has([0xFF, 0xFF, 0xFF, 0xFF], at: 12)
        // Xbox 360: the length of a head, and the version of its fields.
        case "CON ", "LIVE", "PIRS":
            (0x344...0x10000).contains(bigEndian(4, at: 0x340)) && (1...2).contains(bigEndian(4, at: 0x348))
        // PlayStation: a version, and how the files are packed.
        case "PSAR": bigEndian(2, at: 4) == 1 && (has("zlib", at: 8) || has("lzma", at: 8) || has("oodl", at: 8))
        // Nintendo: the length of a head and the order of bytes; a packed file, its length and zeros.
        case "SARC": (has([0x14, 0, 0xFF, 0xFE], at: 4) || has([0, 0x14, 0xFE, 0xFF], at: 4))
        case "Yaz0": bigEndian(4, at: 4) > 0 && bigEndian(4, at: 12) == 0
        // CRI: a table.
        case "CPK ": has("@UTF", at: 16)
        // Apple: an image of firmware, of that length; a packed kernel, its sum and lengths.
        case "3gmI": number(4, at: 4) >= 20 && (1...number(4, at: 4)).contains(number(4, at: 8))
        case "comp": has("lzss", at: 4) && [12, 16].allSatisfy { (1..<1 << 29).contains(bigEndian(4, at: $0)) }
        // Ren'Py: an offset of sixteen digits.
        case "RPA-":
            (has("RPA-2.0 ") || has("RPA-3.0 ")) && bytes.count > 24
                && bytes[8..<24].allSatisfy { $0.hexadecimalValue != nil }
        default: has([0x55, 0xAA, 0x38, 0x2D, 0, 0, 0, 0x20]) || isDescentArchive || isAppleImage
        }
    }

    /// Descent 1 and 2: `DHF`, the first file's name, and its length.
    private var isDescentArchive: Bool {
        guard has("DHF"), isBinary, bytes.count > 20 else { return false }
        let name = bytes[3..<16].prefix { $0 != 0 }
        return (3...12).contains(name.count) && name.allSatisfy { (0x21..<0x7F).contains($0) } && name.contains(0x2E)
            && (1..<1 << 28).contains(number(4, at: 16))
    }

    /// An image of Apple's firmware, IM4P: a sequence in DER that begins with a text of that name.
    private var isAppleImage: Bool {
        self[0] == 0x30 && (2...6).contains { has([0x16, 4, 0x49, 0x4D, 0x34, 0x50, 0x16, 4], at: $0) }
    }

    /// A library of CP/M: the entry of the directory itself has no name, begins at 0, and has a length.
    private var isCPMLibrary: Bool {
        self[0] == 0 && bytes.count >= 128 && bytes[1..<12].allSatisfy { $0 == 0x20 } && number(2, at: 12) == 0
            && number(2, at: 14) > 0
    }

    /// Images of disks of home computers and of emulators.
    var isShortlyMarkedDisk: Bool {
        // Apple II: the head's length, a version, a format.
        if has("2IMG") { return number(2, at: 8) == 64 && number(2, at: 10) <= 1 && number(4, at: 12) <= 2 }
        // ISZ: the head's length, a version, the length of a sector.
        if has("IsZ!") { return self[4] >= 48 && self[5] <= 2 && number(2, at: 10) == 2048 }
        // A packed disc of a PlayStation Portable, or of a GameCube.
        if has("CISO") {
            return number(8, at: 8) > 0 && [2048, 4096, 8192, 16384, 32768].contains(number(4, at: 16))
                || number(4, at: 4) >= 32768 && number(4, at: 4).nonzeroBitCount == 1 && self[8] == 1
        }
        // Wii: logarithms of the lengths of sectors.
        if has("WBFS") { return (9...12).contains(self[8]) && (20...30).contains(self[9]) }
        // CopyQM: a sector's length. An Atari's: the size in paragraphs, a sector's length, zeros.
        if has([0x43, 0x51, 0x14]) { return [128, 256, 512, 1024, 2048].contains(number(2, at: 3)) }
        if has([0x96, 2]) {
            return number(2, at: 2) > 0 && [128, 256, 512].contains(number(2, at: 4)) && bytes.count > 16
                && bytes[7..<16].allSatisfy { $0 == 0 }
        }
        // Norton Ghost: a first or a further file, how it is packed, and three numbers that are 0 or 1.
        if has([0xFE, 0xEF, 1]) || has([0xFE, 0xEF, 9]) {
            return self[3] <= 10 && self[3] != 1 && bytes.count >= 512 && [10, 43, 44].allSatisfy { self[$0] <= 1 }
        }
        // A tape of a C64: a version, and how many files there is room for.
        if has("C64S tape") || has("C64 tape image file") {
            return (1...2).contains(self[33]) && (1...1024).contains(number(2, at: 34))
        }
        return isTeleDisk || has("IMD ") && self[5] == 0x2E && bytes.prefix(512).contains(0x1A)
    }

    /// TeleDisk, packed or not: the CRC-16 of the first ten bytes, of the polynomial `A097`.
    private var isTeleDisk: Bool {
        guard has("TD\0") || has("td\0"), bytes.count > 12 else { return false }
        let sum = bytes[..<10].reduce(UInt16(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0xA097 }
        }
        return UInt64(sum) == number(2, at: 10)
    }

    /// A library of CP/M, or a file squeezed or crunched for it: a name behind a sum or at once, and a tree or a
    /// version that fit.
    var isCPMArchive: Bool {
        if isCPMLibrary { return true }
        guard has([0x76, 0xFF]) || has([0x76, 0xFE]) else { return false }
        let start = self[1] == 0xFF ? 4 : 2
        let name = bytes.dropFirst(start).prefix { $0 != 0 }
        guard (3...64).contains(name.count), name.allSatisfy({ (0x20..<0x7F).contains($0) }), name.contains(0x2E) else {
            return false
        }
        let place = start + name.count + 1
        return start == 2 ? (0x10...0x2F).contains(self[place]) : (1...257).contains(number(2, at: place))
    }

    /// Minix: no fewer blocks of the map of its nodes than these need, and its blocks behind the maps.
    var isMinix: Bool {
        let (nodes, map, zones) = (number(2, at: 1024), number(2, at: 1028), number(2, at: 1030))
        if [0x137F, 0x138F, 0x2468, 0x2478].contains(number(2, at: 1040)) {
            return nodes > 0 && map == (nodes + 1 + 8191) / 8192 && zones > 0 && number(2, at: 1032) > map + zones
                && number(2, at: 1034) == 0
        }
        // Version 3 has four bytes for the number of nodes, and the length of a block.
        return number(2, at: 1048) == 0x4D5A && number(4, at: 1024) > 0 && number(2, at: 1034) > 0
            && [1024, 2048, 4096, 8192].contains(number(2, at: 1052))
    }
}
