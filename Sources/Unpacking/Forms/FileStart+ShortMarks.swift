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
        // Ren'Py: an offset of sixteen digits.
        case "RPA-":
            (has("RPA-2.0 ") || has("RPA-3.0 ")) && bytes.count > 24
                && bytes[8..<24].allSatisfy { $0.hexadecimalValue != nil }
        default: has([0x55, 0xAA, 0x38, 0x2D, 0, 0, 0, 0x20])
        }
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
        return has("IMD ") && self[5] == 0x2E && bytes.prefix(512).contains(0x1A)
    }

    /// Squeezed or crunched for CP/M: a name behind a sum or at once, and a tree or a version that fit.
    var isCPMArchive: Bool {
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
