/// An Apple disk image (UDIF): the disk as one part, and each stretch of it that the image lists apart from the disk's
/// own partitions, as readers without a partition map see it.
///
/// The last 512 bytes say where a property list is. Its block tables say where the runs of the disk are packed.
package struct UDIFOpener: LayerOpener {
    private let layer: FileSlice
    private let dataFork: Range<Int64>
    private let tables: [UDIFTable]
    private let list: Range<Int64>
    /// The runs of all tables in the order of the disk.
    private let runs: [UDIFTable.Run]
    /// The parts: the disk first, then the tables that are none of its partitions, which are known with the disk.
    private var parts: [(range: Range<Int64>, runs: [UDIFTable.Run])]
    private var index = -1

    private static let trailerLength: Int64 = 512
    private static let maximumRuns = 1_000_000
    private static let maximumTables = 1024
    /// Longer runs are cut by their writer. A decoder of one run holds it in memory.
    private static let longestRun: Int64 = 64 << 20

    /// - Throws: what is wrong with the image's trailer or its tables; `.method` for one segment of several.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let trailer = try layer.bytes(at: layer.size - Self.trailerLength, count: Int(Self.trailerLength))
        guard trailer.starts(with: Array("koly".utf8)), trailer.bigNumber(4, at: 8) == UInt64(Self.trailerLength) else {
            throw UnpackingError(.malformed, "no trailer of a disk image")
        }
        guard trailer.bigNumber(4, at: 60) <= 1 else { throw UnpackingError(.method, "one segment of several") }
        dataFork = try Self.range(trailer, at: 24, in: layer)
        list = try Self.range(trailer, at: 216, in: layer)
        if list.isEmpty {
            let resourceFork = try Self.range(trailer, at: 40, in: layer)
            guard resourceFork.isEmpty, dataFork.isEmpty else {
                throw UnpackingError(.method, "an image with its tables in a resource fork")
            }
            // An image of nothing: no reader finds a disk in it.
            (tables, runs, parts) = ([], [], [])
            return
        }
        guard list.count <= PropertyListData.sizeLimit else { throw UnpackingError(.tooLarge, "a long property list") }
        let items = try PropertyListData(layer.bytes(at: list.lowerBound, count: list.count)).items
            .filter { $0.keys == ["resource-fork", "blkx", "Data"] }
        guard Set(items.map(\.array)).count == 1 else {
            throw UnpackingError(.malformed, items.isEmpty ? "an image without block tables" : "two lists of tables")
        }
        guard items.count <= Self.maximumTables else { throw UnpackingError(.tooLarge, "\(items.count) block tables") }
        var tables: [UDIFTable] = []
        for item in items { tables.append(try UDIFTable(item.bytes, dataFork: dataFork)) }
        let runs = tables.flatMap(\.runs).filter { !$0.target.isEmpty }
            .sorted { $0.target.lowerBound < $1.target.lowerBound }
        guard runs.count <= Self.maximumRuns else { throw UnpackingError(.tooLarge, "\(runs.count) runs") }
        // Readers differ on which of two runs for the same sectors counts.
        for (one, next) in zip(runs, runs.dropFirst()) where next.target.lowerBound < one.target.upperBound {
            throw UnpackingError(.malformed, "two runs for the same sectors")
        }
        self.tables = tables
        self.runs = runs
        parts = [(0..<(tables.map(\.range.upperBound).max() ?? 0), runs)]
    }

    private static func range(
        _ trailer: [UInt8], at offset: Int, in layer: FileSlice
    ) throws(UnpackingError) -> Range<Int64> {
        let (start, length) = (trailer.bigNumber(8, at: offset), trailer.bigNumber(8, at: offset + 8))
        guard start <= UInt64(layer.size), length <= UInt64(layer.size) - start else {
            throw UnpackingError(.truncated, "\(length) bytes at \(start) of a disk image")
        }
        return Int64(start)..<Int64(start) + Int64(length)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < parts.count else { return nil }
        let range = parts[index].range
        let name = index == 0 ? "disk" : "sectors from \(range.lowerBound / UDIFTable.sector)"
        return LayerPart(name, size: Int64(range.count))
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let (range, runs) = parts[index]
        guard Int64(range.count) <= limit else { throw UnpackingError(.tooLarge, "a disk of \(range.count) bytes") }
        for run in runs { try unpack(run, into: file, at: run.target.lowerBound - range.lowerBound) }
        try extendScratch(file, to: Int64(range.count))
        if index == 0 { try listTables(ofDisk: FileSlice(descriptor: file, start: 0, size: Int64(range.count))) }
        return Int64(range.count)
    }

    private mutating func listTables(ofDisk disk: FileSlice) throws(UnpackingError) {
        let partitions = try PartitionTable.read(disk)?.partitions.map(\.range) ?? []
        for table in tables where table.range != 0..<disk.size && !partitions.contains(table.range) {
            // What is zeros alone is no file.
            let isEmpty = table.runs.allSatisfy { UDIFTable.Packing($0.kind) == .zeros }
            if !isEmpty { parts.append((table.range, table.runs)) }
        }
    }

    private func unpack(_ run: UDIFTable.Run, into file: CInt, at offset: Int64) throws(UnpackingError) {
        guard let packing = UDIFTable.Packing(run.kind) else {
            throw UnpackingError(.method, "a run of kind \(String(run.kind, radix: 16))")
        }
        let size = Int64(run.target.count)
        let packed = layer[run.packed]
        switch packing {
        case .zeros: return
        case .raw:
            guard packed.size >= size else { throw UnpackingError(.truncated, "a raw run of \(packed.size) bytes") }
            try packed.copyBlocks(0..<size, into: file, at: offset)
        case .zlib:
            let end = try packed.inflate(.zlib, limit: size) { piece, position throws(UnpackingError) in
                try writeScratch(piece, to: file, at: offset + position)
            }
            guard end.unpacked == size else { throw UnpackingError(.malformed, "a run of \(end.unpacked) bytes") }
        case .adc:
            let bytes = try ADC.decode(try inMemory(packed, size), size: Int(size))
            try writeScratch(bytes[...], to: file, at: offset)
        case .bzip2: try unpack(packed, .bzip2, size, into: file, at: offset)
        case .xz: try unpack(packed, .xz, size, into: file, at: offset)
        case .lzfse:
            let bytes = try LZFSE.decode(try inMemory(packed, size), size: Int(size))
            try writeScratch(bytes[...], to: file, at: offset)
        }
    }

    private func inMemory(_ packed: FileSlice, _ size: Int64) throws(UnpackingError) -> [UInt8] {
        guard packed.size <= Self.longestRun, size <= Self.longestRun else {
            throw UnpackingError(.tooLarge, "a run of \(size) bytes")
        }
        return try packed.bytes(at: 0, count: Int(packed.size))
    }

    private func unpack(
        _ packed: FileSlice, _ form: ContainerForm, _ size: Int64, into file: CInt, at offset: Int64
    ) throws(UnpackingError) {
        var archive = try Archive(descriptor: packed.descriptor, offset: packed.start, size: packed.size, form: form)
        guard try archive.next() != nil else { throw UnpackingError(.malformed, "an empty run") }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var done: Int64 = 0
        while true {
            let count = try archive.read(into: &buffer)
            guard count > 0 else { break }
            guard Int64(count) <= size - done else { throw UnpackingError(.malformed, "a run longer than its sectors") }
            try writeScratch(buffer[..<count], to: file, at: offset + done)
            done += Int64(count)
        }
        guard done == size else { throw UnpackingError(.malformed, "a run of \(done) bytes") }
    }

    /// What neither a run nor the property list nor the trailer covers.
    package var unaccounted: [Range<Int64>] {
        var covered = runs.map(\.packed) + [list, layer.size - Self.trailerLength..<layer.size]
        covered.sort { $0.lowerBound < $1.lowerBound }
        var (end, gaps): (Int64, [Range<Int64>]) = (0, [])
        for range in covered {
            if range.lowerBound > end { gaps.append(end..<range.lowerBound) }
            end = max(end, range.upperBound)
        }
        return gaps
    }
}
