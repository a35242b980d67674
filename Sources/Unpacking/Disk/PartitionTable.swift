/// The partitions of a disk image: an Apple partition map, a GUID partition table (UEFI 2.10, chapter 5), or the four
/// entries of a boot record and those that it links to.
struct PartitionTable {
    struct Partition {
        /// Bytes of the disk, cut at its end.
        let range: Range<Int64>
        /// Whether only the disk's own structures are in it.
        let isStructure: Bool
    }

    private(set) var partitions: [Partition] = []

    private static let sectorSizes: [Int64] = [512, 2048, 4096]
    private static let maximumPartitions = 1024
    private static let maximumLinks = 128

    /// Returns the partitions, or nil if the disk has no table.
    ///
    /// - Throws: `.tooLarge` with more than 1024 partitions; `.malformed` for partitions that overlap.
    static func read(_ disk: FileSlice) throws(UnpackingError) -> PartitionTable? {
        let head = try disk.bytes(at: 0, count: 4096 + 512)
        guard head.count >= 1024 else { return nil }
        var table = PartitionTable()
        var isFound = false
        for sector in sectorSizes {
            let second = head[min(Int(sector), head.count)...]
            if second.starts(with: [0x50, 0x4D, 0, 0]), try table.readAppleMap(disk, sector) { isFound = true }
            if second.starts(with: Array("EFI PART".utf8)), try table.readGUIDTable(disk, sector) { isFound = true }
            if isFound { break }
        }
        if isFound {
            try table.checkOverlaps()
            return table
        }
        return try table.readBootRecord(disk, head) ? table : nil
    }

    /// Tables of both kinds may describe the same partition.
    private mutating func add(_ start: UInt64, _ count: UInt64, _ sector: Int64, of disk: FileSlice, isStructure: Bool)
        throws(UnpackingError)
    {
        let unit = UInt64(sector)
        guard count > 0, start < UInt64(disk.size) / unit + 1 else { return }
        let lower = Int64(start * unit)
        let upper = count > UInt64(disk.size) / unit ? disk.size : min(disk.size, lower + Int64(count * unit))
        guard lower < upper, !partitions.contains(where: { $0.range == lower..<upper }) else { return }
        guard partitions.count < Self.maximumPartitions else { throw UnpackingError(.tooLarge, "many partitions") }
        partitions.append(Partition(range: lower..<upper, isStructure: isStructure))
    }

    // MARK: Apple partition map

    /// Types of partitions without files.
    private static let structures = [
        "Apple_partition_map", "Apple_Driver", "Apple_FWDriver", "Apple_Patches", "Apple_Void",
    ]

    private mutating func readAppleMap(_ disk: FileSlice, _ sector: Int64) throws(UnpackingError) -> Bool {
        let first = try disk.bytes(at: sector, count: 80)
        let count = first.bigNumber(4, at: 4)
        guard count > 0 else { return false }
        guard count <= UInt64(Self.maximumPartitions) else { throw UnpackingError(.tooLarge, "many partitions") }
        for index in 1...Int64(count) {
            let entry = try disk.bytes(at: index * sector, count: 80)
            guard entry.starts(with: [0x50, 0x4D]) else { throw UnpackingError(.truncated, "a partition map") }
            let type = String(decoding: entry[48..<80].prefix { $0 != 0 }, as: UTF8.self)
            // Free space is searched like any other bytes.
            if type == "Apple_Free" { continue }
            try add(
                entry.bigNumber(4, at: 8), entry.bigNumber(4, at: 12), sector, of: disk,
                isStructure: Self.structures.contains { type.hasPrefix($0) })
        }
        return true
    }

    // MARK: GUID partition table

    private mutating func readGUIDTable(_ disk: FileSlice, _ sector: Int64) throws(UnpackingError) -> Bool {
        let header = try disk.bytes(at: sector, count: 92)
        let (start, count, length) = (header.number(8, at: 72), header.number(4, at: 80), header.number(4, at: 84))
        guard header.count == 92, start < UInt64(disk.size / sector), count > 0, (128...4096).contains(length),
            count <= 4096
        else { return false }
        for index in 0..<count {
            let entry = try disk.bytes(at: Int64(start) * sector + Int64(index * length), count: 48)
            guard entry.count == 48, entry[0..<16].contains(where: { $0 != 0 }) else { continue }
            let (first, last) = (entry.number(8, at: 32), entry.number(8, at: 40))
            guard first <= last, last < 1 << 50 else { throw UnpackingError(.malformed, "a partition without an end") }
            try add(first, last - first + 1, sector, of: disk, isStructure: false)
        }
        return true
    }

    // MARK: Boot record

    private static let extendedTypes: Set<UInt8> = [0x05, 0x0F, 0x85]
    private static let bootRecordLength = 512

    /// A boot record's entries have a state of 0 or 80, a type, and sectors within the disk. The boot sector of a file
    /// system ends in the same mark.
    private mutating func readBootRecord(_ disk: FileSlice, _ head: [UInt8]) throws(UnpackingError) -> Bool {
        guard head[510] == 0x55, head[511] == 0xAA, !FileStart(bytes: head).isFAT else { return false }
        let entries = Self.entries(of: head)
        guard entries.contains(where: { $0.type != 0 }),
            entries.allSatisfy({ $0.type == 0 || $0.state & 0x7F == 0 && $0.start > 0 && $0.count > 0 }),
            entries.contains(where: { $0.type != 0 && Int64($0.start) * 512 < disk.size })
        else { return false }
        for entry in entries where entry.type != 0 {
            if Self.extendedTypes.contains(entry.type) {
                try readLinks(disk, from: entry.start)
            } else {
                // EE covers a disk with a GUID partition table.
                try add(UInt64(entry.start), UInt64(entry.count), 512, of: disk, isStructure: entry.type == 0xEE)
            }
        }
        return true
    }

    private mutating func readLinks(_ disk: FileSlice, from base: UInt32) throws(UnpackingError) {
        var link: UInt32 = 0
        for _ in 0..<Self.maximumLinks {
            let place = Int64(base) + Int64(link)
            let record = try disk.bytes(at: place * 512, count: Self.bootRecordLength)
            guard record.count == Self.bootRecordLength, record[510] == 0x55, record[511] == 0xAA else { return }
            let entries = Self.entries(of: record)
            if entries[0].type != 0 {
                let start = UInt64(place) + UInt64(entries[0].start)
                try add(start, UInt64(entries[0].count), 512, of: disk, isStructure: false)
            }
            guard entries[1].type != 0, entries[1].start > link else { return }
            link = entries[1].start
        }
        throw UnpackingError(.tooLarge, "many partitions")
    }

    private static func entries(of record: [UInt8]) -> [(state: UInt8, type: UInt8, start: UInt32, count: UInt32)] {
        (0..<4).map { index in
            let entry = record[446 + 16 * index..<462 + 16 * index]
            return (
                entry[entry.startIndex], entry[entry.startIndex + 4], UInt32(entry.number(4, at: 8)),
                UInt32(entry.number(4, at: 12))
            )
        }
    }

    // MARK: Consistency

    private func checkOverlaps() throws(UnpackingError) {
        let ranges = partitions.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
        for (one, next) in zip(ranges, ranges.dropFirst()) where next.lowerBound < one.upperBound {
            throw UnpackingError(.malformed, "partitions that overlap")
        }
    }
}
