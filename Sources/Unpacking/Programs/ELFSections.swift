/// The sections of an ELF file that are files or packed bytes of their own (System V ABI, "Sections"): `objcopy
/// --add-section` puts a file there, and a compiler packs debugging data.
package struct ELFSections: ListingOpener {
    private static let progbits: UInt64 = 1
    private static let allocated: UInt64 = 2
    private static let compressed: UInt64 = 0x800
    private static let maximumSections: Int64 = 1_000_000
    /// What compilers and linkers write beside the program.
    private static let working = [
        ".debug", ".zdebug", ".comment", ".gnu", ".stab", ".note", ".line", ".mdebug", ".BTF",
    ]

    private let layer: FileSlice
    package var parts = ListedParts(maximum: 65_536)

    private struct Reader {
        let isBig: Bool
        let isWide: Bool

        func number(_ bytes: [UInt8], _ count: Int, at offset: Int) -> UInt64 {
            isBig ? bytes.bigNumber(count, at: offset) : bytes.number(count, at: offset)
        }

        /// A word of the file's class: its offset differs in the two.
        func word(_ bytes: [UInt8], at narrow: Int, _ wide: Int) -> UInt64 {
            number(bytes, isWide ? 8 : 4, at: isWide ? wide : narrow)
        }
    }

    private struct Section {
        let name: UInt64
        let type: UInt64
        let flags: UInt64
        let range: Range<Int64>
    }

    static let mark: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]

    /// Whether an ELF file's first 18 bytes are those of a core file (`ET_CORE`).
    package static func isCore(_ head: [UInt8]) -> Bool {
        guard head.count >= 18, head.starts(with: mark) else { return false }
        return Reader(isBig: head[5] == 2, isWide: false).number(head, 2, at: 16) == 4
    }

    /// Damage ends the list: a program starts without its sections.
    ///
    /// - Throws: `.tooLarge`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 64)
        guard head.count >= 52 else { return }
        let reader = Reader(isBig: head[5] == 2, isWide: head[4] == 2)
        let table = Int64(bounding: reader.word(head, at: 32, 40))
        let rowLength = reader.isWide ? 64 : 40
        let counts = reader.isWide ? 58 : 46
        // Without a table its offset is 0.
        guard table > 0, reader.number(head, 2, at: counts) == UInt64(rowLength) else { return }
        var (count, names) = (Int(reader.number(head, 2, at: counts + 2)), Int(reader.number(head, 2, at: counts + 4)))
        let first = try layer.bytes(at: table, count: rowLength)
        // Larger numbers stand in the first row.
        if count == 0 { count = Int(min(reader.word(first, at: 20, 32), 1 << 32)) }
        if names == 0xFFFF { names = Int(reader.number(first, 4, at: reader.isWide ? 40 : 24)) }
        var sections: [Section] = []
        for number in 0..<Int64(count) {
            let row = try layer.bytes(at: table + number * Int64(rowLength), count: rowLength)
            guard row.count == rowLength else { break }
            guard number < Self.maximumSections else { throw UnpackingError(.tooLarge, "more sections than are read") }
            let start = Int64(bounding: reader.word(row, at: 16, 24))
            let size = Int64(bounding: reader.word(row, at: 20, 32))
            sections.append(
                Section(
                    name: reader.number(row, 4, at: 0), type: reader.number(row, 4, at: 4),
                    flags: reader.word(row, at: 8, 8), range: (start..<start + size).clamped(to: 0..<layer.size)))
        }
        let titles = sections.indices.contains(names) ? sections[names].range : 0..<0
        for section in sections { try add(section, titles, reader) }
    }

    private mutating func add(_ section: Section, _ titles: Range<Int64>, _ reader: Reader) throws(UnpackingError) {
        guard section.type == Self.progbits, section.flags & Self.allocated == 0 || section.flags & Self.compressed != 0
        else { return }
        let place = titles.lowerBound + Int64(section.name)
        let text = try place < titles.upperBound ? layer.bytes(at: place, count: 64).prefix { $0 != 0 } : []
        let name = String(decoding: text, as: UTF8.self)
        let range = section.range
        if section.flags & Self.compressed != 0 {
            // A head: the method, the size and the alignment. What is packed by Zstandard is a stream that the walk
            // finds.
            let head = range.lowerBound + (reader.isWide ? 24 : 12)
            let isZlib = try reader.number(layer.bytes(at: range.lowerBound, count: 4), 4, at: 0) == 1
            guard head < range.upperBound else { return }
            try parts.add(name, head..<range.upperBound, of: layer, isZlib ? .zlib : .none, use: .working)
        } else if name.hasPrefix(".zdebug") {
            try parts.add(name, range.lowerBound + 12..<max(range.upperBound, range.lowerBound + 12), of: layer, .zlib)
        } else if !Self.working.contains(where: name.hasPrefix) {
            try parts.add(name, range, of: layer)
        }
    }

    package var unaccounted: [Range<Int64>] { [] }
}
