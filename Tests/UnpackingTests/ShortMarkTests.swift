import Testing

@testable import Unpacking

/// Forms with a mark of a few letters are refused only with fields that fit: words and numbers may be the mark.
@Suite(.timeLimit(.minutes(1))) struct ShortMarkTests {
    /// A head, and a byte of it that is changed so that no reader takes it.
    private static let heads: [(head: [UInt8], changed: Int)] = [
        (text("PACK") + little(76, 64), 8), (text("IWAD") + little(3, 12), 7), (text("PWAD") + little(1, 500), 7),
        (text("WAD3") + little(2, 40), 7), (text("qres") + big(1, 40, 20, 60), 7),
        (text("BIGF") + little(900) + big(2, 80), 8), (text("BIG4") + big(900, 2, 80), 8),
        (text("GDPC") + little(2, 3), 4), (text("BTDX") + little(1) + text("GNRL"), 9),
        (text("NARC") + [0xFE, 0xFF, 0, 1] + little(90) + [16, 0, 3, 0], 12), (text("PFS0") + little(1, 8, 0), 12),
        (text("RPA-2.0 000000000000a1b2\n"), 9), ([0x55, 0xAA, 0x38, 0x2D] + big(32), 7),
        (text("2IMGabcd") + [64, 0, 1, 0] + little(1), 8), (text("IsZ!") + [64, 1] + little(7) + [0, 8], 11),
        (text("CISO") + little(24, 4096, 0, 2048), 17), (text("WBFS") + big(900) + [9, 21], 8),
        ([0x43, 0x51, 0x14, 0, 2], 4), ([0x96, 2, 0x80, 0x16, 0x80, 0] + zeros(11), 10),
        (text("GOB\n") + little(40), 7), (text("GOB ") + little(20), 4),
        (text("HOG2") + little(3, 900) + [0xFF, 0xFF, 0xFF, 0xFF], 13), (text("DHFA.TXT") + zeros(8) + little(90), 6),
        (text("PSAR") + [0, 1, 0, 4] + text("zlib"), 9), (text("SARC") + [0x14, 0, 0xFF, 0xFE], 6),
        (text("Yaz0") + big(900, 0, 0), 15), (text("CPK ") + zeros(12) + text("@UTF"), 17),
        (text("3gmI") + little(900, 800), 11), (text("complzss") + big(7, 900, 800), 5),
        (text("CON ") + zeros(0x33C) + big(0x971A, 0, 2), 0x349),
        (text("LIVE") + zeros(0x33C) + big(0xAD0E, 0, 1), 0x340),
        ([0x30, 0x20, 0x16, 4] + text("IM4P") + [0x16, 4] + text("krnl"), 8),
        ([0] + text("           ") + [0, 0, 4, 0], 3), ([0xFE, 0xEF, 1, 2] + zeros(8), 10),
        (text("C64S tape image file") + zeros(12) + [1, 1, 30, 0], 33),
        (text("td\0") + [0, 21, 0, 2, 0, 0, 1, 0xF4, 0x5D], 10),
        (little(1) + zeros(20) + little(60012), 0), (big(1) + zeros(20) + big(60011), 25),
        (text("IMD 1.18: 01/01/2020\r\n") + [0x1A], 5), ([0x76, 0xFF, 1, 2] + text("A.TXT\0") + [9, 0], 11),
        ([0x76, 0xFE] + text("A.TXT\0") + [0x20, 0x20, 0, 0], 8),
    ]

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    private static func little(_ numbers: UInt32...) -> [UInt8] {
        numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) } }
    }
    private static func big(_ numbers: UInt32...) -> [UInt8] { numbers.flatMap { Array(little($0).reversed()) } }

    private static func isRefused(_ bytes: [UInt8]) throws -> Bool {
        try (bytes + zeros(600)).sightings().contains { !$0.form.isSupported && !$0.form.leavesRest }
    }

    @Test(arguments: heads.indices) func `a short mark counts with the fields behind it`(index: Int) throws {
        var (head, changed) = Self.heads[index]
        #expect(try Self.isRefused(head))
        head[changed] ^= 0xFF
        #expect(try !Self.isRefused(head))
    }

    @Test(arguments: [
        "PACK your things, and go", "qres", "BIGFOOT was seen", "2IMG", "IsZ! says the text", "WAD2", "IWAD",
        "GOB stopper", "CON artists", "LIVE from here", "PIRS", "complzss", "C64S tape, and how to read it", "DHF.TXT",
        "CISO certified", "WBFS", "NARC agents", "PFS0", "GDPC", "IMD 1.18 is a version", "RPA-1.0 is another",
        "RPA-3.0 is the third", "PATCH the file", "PACKAGE\u{2014}fragile", "PACK1234@example.com",
    ])
    func `a text that begins with such a word is none`(text: String) throws {
        let lines = Array("\(text)\nand so on, for some lines\n".utf8)
        #expect(try (lines + lines + lines).sightings() == [])
    }

    @Test func `archives of games are recognised by their ends`() throws {
        let files = Array("files".utf8) + Self.zeros(95)
        func unreal(_ version: UInt32, names: Int) -> [UInt8] {
            files + Self.little(0x5A6F_12E1, version, 90, 0, 10, 0) + Self.zeros(20 + names)
        }
        let godot = Self.text("GDPC") + files
        let end = Self.little(UInt32(godot.count), 0) + Self.text("GDPC")
        for bytes in [unreal(3, names: 0), unreal(8, names: 128), unreal(9, names: 161), files + godot + end] {
            #expect(try bytes.sightings().map(\.form) == [.oldArchiver])
        }
        for bytes in [unreal(0, names: 0), unreal(99, names: 160), unreal(3, names: 7), files + end] {
            #expect(try bytes.sightings() == [])
        }
    }

    @Test(arguments: [0x137F, 0x138F, 0x2468, 0x2478, 0x4D5A])
    func `a file system of Minix is recognised by its maps`(magic: Int) throws {
        let isThird = magic == 0x4D5A
        var block = Self.zeros(4096)
        func set(_ place: Int, _ value: Int) {
            (block[1024 + place], block[1025 + place]) = (UInt8(value & 0xFF), UInt8(value >> 8))
        }
        let third = [(0, 64), (10, 8), (28, 1024)]
        let others = [(0, 352), (2, 1024), (4, 1), (6, 1), (8, 15)]
        for (place, value) in isThird ? third : others { set(place, value) }
        set(isThird ? 24 : 16, magic)
        #expect(try block.sightings().map(\.form) == [.fileSystem])
        set(isThird ? 28 : 4, 77)
        #expect(try block.sightings() == [])
    }
}
