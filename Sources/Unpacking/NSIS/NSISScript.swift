/// The unpacked header of an NSIS installer: a table of its blocks, and the instructions of its script. Source:
/// `Source/exehead/fileform.h` of NSIS 3.
struct NSISScript {
    private static let instructionLength = 28
    private static let extractFile: UInt64 = 20
    private static let writeUninstaller: UInt64 = 62
    /// The block that has the instructions, and the number of blocks.
    private static let (instructions, blocks) = (2, 7)

    /// The offsets of the files that the script takes out, counted from the first block of data.
    let offsets: Set<Int64>

    /// - Throws: `.malformed` if the table or an instruction stands outside of the header.
    init(_ header: [UInt8]) throws(UnpackingError) {
        // Pointers have 4 bytes in installers for 32 bits, and 8 in those for 64.
        guard let table = Self.table(header, pointer: 4) ?? Self.table(header, pointer: 8) else {
            throw UnpackingError(.malformed, "a script without instructions")
        }
        var offsets: Set<Int64> = []
        for place in stride(from: table.lowerBound, to: table.upperBound, by: Self.instructionLength) {
            switch header.number(4, at: place) {
            case Self.extractFile: offsets.insert(Int64(header.number(4, at: place + 12)))
            case Self.writeUninstaller: offsets.insert(Int64(header.number(4, at: place + 8)))
            default: break
            }
        }
        self.offsets = offsets
    }

    private static func table(_ header: [UInt8], pointer: Int) -> Range<Int>? {
        let (entry, tableEnd) = (4 + instructions * (pointer + 4), 4 + blocks * (pointer + 4))
        let start = header.number(pointer, at: entry)
        let count = header.number(4, at: entry + pointer)
        guard header.count >= tableEnd, start >= UInt64(tableEnd), start <= UInt64(header.count),
            count <= (UInt64(header.count) - start) / UInt64(instructionLength)
        else { return nil }
        return Int(start)..<Int(start) + Int(count) * instructionLength
    }
}
