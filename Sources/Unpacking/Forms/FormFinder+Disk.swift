extension FormFinder {
    /// Whether a layer is a disk with a partition table. Its partitions are sighted.
    package static func isPartitioned(_ slice: FileSlice) -> Bool { (try? PartitionTable.read(slice)) != nil }

    /// Whether a layer is a program that loaders start as a kernel of Linux, whose first sector ends as that of a disk
    /// (The Linux/x86 Boot Protocol): its mark, and a program of 32 bits behind the setup within the layer.
    package static func isLinuxBootImage(_ slice: FileSlice) -> Bool {
        guard let head = try? slice.bytes(at: 0, count: 0x210), head.count == 0x210,
            head[0x202...].starts(with: "HdrS".utf8), head.number(2, at: 0x206) >= 0x200
        else { return false }
        let setup = max(1, Int64(head[0x1F1] == 0 ? 4 : head[0x1F1]))
        let units = Int64(head.number(4, at: 0x1F4))
        return units > 0 && (setup + 1) * 512 + units * 16 <= slice.size + 15
    }

    /// Returns the file systems of a disk's partitions. A partition with bytes of no known form is a file system that
    /// nothing here reads.
    ///
    /// - Parameter isHybrid: whether the disk is a CD's image as well, whose files are accounted for. Only a volume for
    ///   Macintosh has files of its own then.
    static func partitions(
        of table: PartitionTable, in slice: FileSlice, isHybrid: Bool
    ) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        for partition in table.partitions where !partition.isStructure {
            let range = partition.range
            let head = try slice[range].bytes(at: 0, count: ContainerForm.detectionLength)
            let forms = ContainerForm.forms(startingWith: head).filter { !mayBeChance.contains($0) }
            if isHybrid {
                found += forms.filter { $0 == .hfs || $0 == .apfs }.map { Sighting($0, range) }
            } else if !forms.isEmpty {
                found += forms.map { Sighting($0, range) }
            } else if try slice[range].firstNonzeroOffset(in: 0..<Int64(range.count)) != nil {
                found.append(Sighting(.fileSystem, range))
            }
        }
        return found
    }

    /// The bytes of a disk that are in none of its partitions.
    static func gaps(of table: PartitionTable, in slice: FileSlice) -> [Range<Int64>] {
        var (end, gaps): (Int64, [Range<Int64>]) = (1, [])
        for range in table.partitions.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > end { gaps.append(end..<range.lowerBound) }
            end = max(end, range.upperBound)
        }
        return end < slice.size ? gaps + [end..<slice.size] : gaps
    }
}
