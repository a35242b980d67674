/// The extents of an ISO 9660 image's files by the records of all of its directory trees (ECMA-119, 8 and 9), and those
/// that its boot catalogue names. libarchive reads one tree of several, and ends a directory at the first empty record.
struct ISOAccount {
    private static let sector: Int64 = 2048
    private static let descriptors = 16..<80
    private static let maximumRecords = 2_000_000
    private static let maximumDirectories = 200_000
    private static let blockLength = 64 << 10
    private static let longestRecord = 255
    private static let bootMark = Array("EL TORITO SPECIFICATION".utf8)
    private static let maximumBootEntries = 64

    private let layer: FileSlice
    private var blockSize: Int64 = 2048
    private var directories: [Range<Int64>] = []
    private var seenDirectories: Set<Int64> = []
    private var files: Set<Range<Int64>> = []
    private var records = 0

    init(_ layer: FileSlice) { self.layer = layer }

    /// Returns the extents of files of which libarchive gave none of that size, or fewer than there are.
    ///
    /// - Parameter delivered: the bytes of each member.
    /// - Throws: `.tooLarge` if there are more records than are read.
    mutating func unread(delivered: [Int64]) throws(UnpackingError) -> [Range<Int64>] {
        var catalogues: [Int64] = []
        for index in Self.descriptors {
            let descriptor = try layer.bytes(at: Int64(index) * Self.sector, count: Int(Self.sector))
            guard descriptor.count == Int(Self.sector), descriptor[1..<6].elementsEqual("CD001".utf8) else { break }
            switch descriptor[0] {
            case 0 where descriptor[7...].starts(with: Self.bootMark):
                catalogues.append(Int64(descriptor.number(4, at: 71)) * Self.sector)
            case 1, 2:
                let size = Int64(descriptor.number(2, at: 128))
                blockSize = [512, 1024, 2048, 4096].contains(size) ? size : Self.sector
                try walk(from: Array(descriptor[156..<190]))
            default: break
            }
        }
        var counts: [Int64: Int] = [:]
        for size in delivered { counts[size, default: 0] += 1 }
        let bySize = Dictionary(grouping: files) { Int64($0.count) }
        var unread = bySize.filter { $0.value.count > counts[$0.key] ?? 0 }.flatMap(\.value)
        for catalogue in catalogues { try unread += bootImages(in: catalogue) }
        return unread.sorted { $0.lowerBound < $1.lowerBound }
    }

    private mutating func walk(from root: [UInt8]) throws(UnpackingError) {
        take(root)
        while let directory = directories.popLast() {
            try readDirectory(directory)
            guard records < Self.maximumRecords, seenDirectories.count < Self.maximumDirectories else {
                throw UnpackingError(.tooLarge, "more than \(records) records of directories")
            }
        }
    }

    /// Takes the records of a directory: also those behind an empty one, which some readers pass over byte by byte.
    private mutating func readDirectory(_ range: Range<Int64>) throws(UnpackingError) {
        var offset = range.lowerBound
        var isExpected = true
        while offset < range.upperBound, records < Self.maximumRecords {
            let block = try layer.bytes(at: offset, count: Int(min(Int64(Self.blockLength), range.upperBound - offset)))
            guard !block.isEmpty else { return }
            let isLast = offset + Int64(block.count) >= range.upperBound
            let end = isLast ? block.count : max(1, block.count - Self.longestRecord)
            var index = 0
            while index < end {
                if (offset + Int64(index)) % Self.sector == 0 { isExpected = true }
                let length = Int(block[index])
                let record = block[index..<min(block.count, index + length)]
                guard length >= 34, record.count == length, Self.isRecord(Array(record), isExpected: isExpected) else {
                    isExpected = false
                    index += 1
                    continue
                }
                take(Array(record))
                isExpected = true
                index += length
            }
            offset += Int64(index)
        }
    }

    /// Whether bytes are a directory record: a name that fits. Where no record is expected, the numbers in both byte
    /// orders agree as well.
    private static func isRecord(_ record: [UInt8], isExpected: Bool) -> Bool {
        guard record[32] > 0, 33 + Int(record[32]) <= record.count else { return false }
        return isExpected
            || record.number(4, at: 2) == record.bigNumber(4, at: 6)
                && record.number(4, at: 10) == record.bigNumber(4, at: 14)
    }

    private mutating func take(_ record: [UInt8]) {
        records += 1
        let isDirectory = record[25] & 2 != 0
        // A record of extended attributes precedes the data.
        let (start, length) = (
            (Int64(record.number(4, at: 2)) + Int64(record[1])) * blockSize, Int64(record.number(4, at: 10))
        )
        guard length > 0, start > 0, start < layer.size else { return }
        let extent = start..<min(layer.size, start + length)
        if !isDirectory {
            files.insert(extent)
        } else if seenDirectories.insert(start).inserted {
            directories.append(extent)
        }
    }

    /// The images that a boot catalogue names (El Torito, 2.0), unless they are files.
    private func bootImages(in catalogue: Int64) throws(UnpackingError) -> [Range<Int64>] {
        let bytes = try layer.bytes(at: catalogue, count: 32 * Self.maximumBootEntries)
        let starts = Set(files.map(\.lowerBound))
        var found: [Range<Int64>] = []
        for entry in stride(from: 32, to: bytes.count - 31, by: 32) where [0, 0x88].contains(bytes[entry]) {
            let start = Int64(bytes.number(4, at: entry + 8)) * Self.sector
            guard start > 0, start < layer.size, !starts.contains(start) else { continue }
            let sectors: Int64 =
                switch bytes[entry + 1] & 15 {
                case 1: 2400
                case 2: 2880
                case 3: 5760
                case 4: (layer.size - start) / 512
                default: max(4, Int64(bytes.number(2, at: entry + 6)))
                }
            let image = start..<min(layer.size, start + 512 * sectors)
            if !found.contains(image) { found.append(image) }
        }
        return found
    }
}
