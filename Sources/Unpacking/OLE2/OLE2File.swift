/// The sectors of an OLE2 file: header, allocation tables and chains. Source: [MS-CFB], "Compound File Binary File
/// Format". As lenient as the readers in use: any sector size, and chains that end too early.
struct OLE2File {
    /// How a chain ended.
    enum ChainEnd {
        /// With enough bytes, or with the mark of an end.
        case whole
        /// At a sector beyond the file's end.
        case cut
        /// It returns to itself.
        case cyclic
    }

    static let magic: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    /// The size below which readers look for a stream in small sectors, whatever the header says.
    static let usualCutoff: Int64 = 4096

    let layer: FileSlice
    let sectorSize: Int64
    let smallSectorSize: Int64
    let sectorCount: Int
    /// The size below which a stream is stored in small sectors.
    let cutoff: Int64
    let directoryStart: UInt32
    /// Whether sizes have 64 bits.
    let hasLongSizes: Bool
    /// Whether a part of the allocation table lies beyond the file's end.
    private(set) var isTableCut = false
    /// The next sector of each one.
    private var table: [UInt32] = []
    private var smallTable: [UInt32] = []
    private(set) var smallStream: ScatteredSlice
    /// Whether a sector belongs to a table, the directory or a stream.
    private(set) var isUsed: [Bool]
    /// How many links may still be followed: streams that share sectors would multiply the work.
    private var linksLeft: Int
    /// How many links may be followed beyond four for each sector.
    private static let fewestLinks = 1 << 14

    private static let free: UInt32 = 0xFFFF_FFFF
    /// 8 GiB of the usual ones; their table takes 64 MiB.
    private static let maximumSectors: Int64 = 1 << 24

    /// - Throws: `.malformed` if the header is not valid, `.truncated` if the file ends within it.
    init(_ layer: FileSlice) throws(UnpackingError) {
        let header = try layer.bytes(at: 0, count: 512)
        guard header.count == 512 else { throw UnpackingError(.truncated, "an OLE2 file of \(header.count) bytes") }
        let (shift, smallShift) = (header.number(2, at: 30), header.number(2, at: 32))
        guard header.starts(with: Self.magic), (7...20).contains(shift), (2...shift).contains(smallShift) else {
            throw UnpackingError(.malformed, "a header with sectors of 2^\(shift) and 2^\(smallShift) bytes")
        }
        self.layer = layer
        sectorSize = 1 << Int64(shift)
        smallSectorSize = 1 << Int64(smallShift)
        let sectors = (layer.size - 1) >> Int64(shift)
        guard sectors <= Self.maximumSectors else { throw UnpackingError(.tooLarge, "\(sectors) sectors") }
        sectorCount = Int(sectors)
        cutoff = Int64(header.number(4, at: 56))
        directoryStart = UInt32(header.number(4, at: 48))
        hasLongSizes = shift > 9 || header.number(2, at: 26) >= 4
        smallStream = ScatteredSlice(layer)
        isUsed = [Bool](repeating: false, count: sectorCount)
        linksLeft = 4 * sectorCount + Self.fewestLinks
        try loadTable(header)
        let (places, _) = try chain(from: UInt32(header.number(4, at: 60)), size: .max)
        let small = min(places.size / 4, layer.size / smallSectorSize + 1)
        guard small <= Self.maximumSectors else { throw UnpackingError(.tooLarge, "\(small) small sectors") }
        smallTable = try numbers(places, count: small)
    }

    private func range(of sector: UInt32) -> Range<Int64>? {
        guard Int(sector) < sectorCount else { return nil }
        let start = (Int64(sector) + 1) * sectorSize
        return start < layer.size ? start..<min(layer.size, start + sectorSize) : nil
    }

    /// The allocation table: the header lists its first 109 sectors, a chain of further lists the rest.
    private mutating func loadTable(_ header: [UInt8]) throws(UnpackingError) {
        let perSector = Int(sectorSize / 4)
        let wanted = (sectorCount + perSector - 1) / perSector
        var places = (0..<109).map { UInt32(header.number(4, at: 76 + 4 * $0)) }
        var next = UInt32(header.number(4, at: 68))
        var lists = 0
        while places.count < wanted, lists <= sectorCount, let list = range(of: next) {
            lists += 1
            isUsed[Int(next)] = true
            let bytes = try layer.bytes(at: list.lowerBound, count: Int(sectorSize))
            places += (0..<(perSector - 1)).map { UInt32(bytes.number(4, at: 4 * $0)) }
            next = UInt32(bytes.number(4, at: 4 * (perSector - 1)))
        }
        table.reserveCapacity(wanted * perSector)
        for place in places.prefix(wanted) {
            guard let range = range(of: place) else {
                // Unused places are marked as free; any other points beyond the end.
                if place < 0xFFFF_FFFA { isTableCut = true }
                table += [UInt32](repeating: Self.free, count: perSector)
                continue
            }
            isUsed[Int(place)] = true
            let bytes = try layer.bytes(at: range.lowerBound, count: Int(sectorSize))
            table += (0..<perSector).map { $0 * 4 < bytes.count ? UInt32(bytes.number(4, at: 4 * $0)) : Self.free }
        }
    }

    private func numbers(_ stream: ScatteredSlice, count: Int64) throws(UnpackingError) -> [UInt32] {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(Int(count))
        var offset: Int64 = 0
        while offset < count * 4 {
            let bytes = try stream.bytes(at: offset, count: 1 << 16)
            guard !bytes.isEmpty else { break }
            numbers += (0..<bytes.count / 4).map { UInt32(bytes.number(4, at: 4 * $0)) }
            offset += Int64(bytes.count)
        }
        return numbers
    }

    /// Opens the stream that holds the small sectors. It is the chain of the directory's first entry.
    mutating func openSmallStream(from start: UInt32) throws(UnpackingError) -> ChainEnd {
        let (stream, end) = try chain(from: start, size: .max)
        smallStream = stream
        return end
    }

    /// Follows a chain of sectors.
    ///
    /// - Parameter size: of the stream. The chain may be longer, or end before.
    /// - Throws: `.malformed` if so many chains share sectors that following them all is too much work.
    mutating func chain(
        from start: UInt32, size: Int64
    ) throws(UnpackingError) -> (ScatteredSlice, ChainEnd) {
        var stream = ScatteredSlice(layer)
        var (sector, steps) = (start, 0)
        while stream.size < size, sector < 0xFFFF_FFFA {
            guard let range = range(of: sector) else { return (stream, .cut) }
            steps += 1
            guard steps <= sectorCount else { return (stream, .cyclic) }
            try useLink()
            isUsed[Int(sector)] = true
            let wanted = min(Int64(range.count), size - stream.size)
            try stream.append(range.lowerBound..<range.lowerBound + wanted)
            if wanted < sectorSize { return (stream, stream.size < size && size < .max ? .cut : .whole) }
            sector = Int(sector) < table.count ? table[Int(sector)] : Self.free
        }
        return (stream, .whole)
    }

    /// Follows a chain of small sectors.
    mutating func smallChain(
        from start: UInt32, size: Int64
    ) throws(UnpackingError) -> (ScatteredSlice, ChainEnd) {
        var stream = ScatteredSlice(layer)
        var (sector, steps) = (start, 0)
        while stream.size < size, sector < 0xFFFF_FFFA {
            steps += 1
            guard steps <= smallTable.count + 1 else { return (stream, .cyclic) }
            try useLink()
            var (offset, left) = (Int64(sector) * smallSectorSize, min(smallSectorSize, size - stream.size))
            guard offset < smallStream.size else { return (stream, .cut) }
            while left > 0, let stretch = smallStream.stretch(at: offset) {
                let count = min(left, Int64(stretch.count))
                try stream.append(stretch.lowerBound..<stretch.lowerBound + count)
                (offset, left) = (offset + count, left - count)
            }
            guard left == 0 else { return (stream, .cut) }
            sector = Int(sector) < smallTable.count ? smallTable[Int(sector)] : Self.free
        }
        return (stream, .whole)
    }

    private mutating func useLink() throws(UnpackingError) {
        guard linksLeft > 0 else { throw UnpackingError(.malformed, "streams of an OLE2 file share their sectors") }
        linksLeft -= 1
    }

    /// The sectors that belong to nothing, one behind the other.
    func unusedSectors() throws(UnpackingError) -> ScatteredSlice {
        var stream = ScatteredSlice(layer)
        for sector in 0..<sectorCount where !isUsed[sector] {
            if let range = range(of: UInt32(sector)) { try stream.append(range) }
        }
        return stream
    }
}
