/// The directory of an OLE2 file ([MS-CFB], 2.6), entry by entry in the order in which it is stored: also entries that
/// the tree of names does not lead to.
struct OLE2Directory {
    struct Entry {
        let name: String
        let isStream: Bool
        let start: UInt32
        let size: Int64
    }

    let entries: [Entry]
    /// The chain of the stream with the small sectors.
    let smallStreamStart: UInt32
    let end: OLE2File.ChainEnd

    private static let entryLength = 128
    private static let maximumEntries = 1 << 17

    /// - Throws: `.tooLarge` if it has too many entries.
    init(of file: inout OLE2File) throws(UnpackingError) {
        let (stream, end) = try file.chain(from: file.directoryStart, size: .max)
        self.end = end
        var entries: [Entry] = []
        var first: UInt32 = 0xFFFF_FFFE
        var offset: Int64 = 0
        while offset + Int64(Self.entryLength) <= stream.size {
            let bytes = try stream.bytes(at: offset, count: Self.entryLength * 512)
            for start in stride(from: 0, through: bytes.count - Self.entryLength, by: Self.entryLength) {
                let entry = bytes[start..<start + Self.entryLength]
                let sector = UInt32(entry.number(4, at: 116))
                if offset == 0, start == 0 {
                    first = sector
                } else if entry.number(1, at: 66) == 2 {
                    guard entries.count < Self.maximumEntries else {
                        throw UnpackingError(.tooLarge, "more than \(entries.count) streams")
                    }
                    let size = entry.number(file.hasLongSizes ? 8 : 4, at: 120)
                    entries.append(
                        Entry(
                            name: Self.name(entry), isStream: true, start: sector,
                            size: Int64(clamping: size)))
                }
            }
            offset += Int64(bytes.count / Self.entryLength * Self.entryLength)
        }
        self.entries = entries
        smallStreamStart = first
    }

    private static func name(_ entry: ArraySlice<UInt8>) -> String {
        var scalars = ""
        for index in 0..<32 {
            let unit = UInt16(entry.number(2, at: 2 * index))
            if unit == 0 { break }
            for unit in installerUnits(unit) {
                scalars.unicodeScalars.append(Unicode.Scalar(unit) ?? "\u{FFFD}")
            }
        }
        return scalars
    }

    /// Windows Installer packs two letters of its names, or one, into one unit from `3800` to `4840`.
    private static func installerUnits(_ unit: UInt16) -> [UInt16] {
        guard (0x3800...0x4840).contains(unit) else { return [unit] }
        if unit == 0x4840 { return [0x21] }
        let packed = Int(unit - 0x3800)
        let letters = packed < 0x1000 ? [packed & 63, packed >> 6] : [packed & 63]
        return letters.map { installerLetters[$0] }
    }

    private static let installerLetters = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._".utf16)
}
