/// One block table of an Apple disk image: where the runs of a range of the disk are packed, and how.
struct UDIFTable {
    /// One run of sectors.
    struct Run {
        let kind: UInt32
        /// Bytes of the disk.
        let target: Range<Int64>
        /// Bytes of the image file.
        let packed: Range<Int64>
    }

    /// What the kind of a run means.
    enum Packing {
        case zeros, raw, adc, zlib, bzip2, lzfse, xz

        init?(_ kind: UInt32) {
            switch kind {
            case 0, 2: self = .zeros
            case 1: self = .raw
            case 0x8000_0004: self = .adc
            case 0x8000_0005: self = .zlib
            case 0x8000_0006: self = .bzip2
            case 0x8000_0007: self = .lzfse
            case 0x8000_0008: self = .xz
            default: return nil
            }
        }
    }

    static let sector: Int64 = 512
    private static let headerLength = 204
    private static let runLength = 40
    private static let comment: UInt32 = 0x7FFF_FFFE
    private static let terminator: UInt32 = 0xFFFF_FFFF

    let range: Range<Int64>
    let runs: [Run]

    /// - Parameters:
    ///   - bytes: a `mish` structure.
    ///   - dataFork: the range of the packed data in the image file.
    init(_ bytes: [UInt8], dataFork: Range<Int64>) throws(UnpackingError) {
        guard bytes.starts(with: Array("mish".utf8)), bytes.count >= Self.headerLength else {
            throw UnpackingError(.malformed, "a block table without its mark")
        }
        let count = Int(bytes.bigNumber(4, at: 200))
        guard count <= (bytes.count - Self.headerLength) / Self.runLength else {
            throw UnpackingError(.truncated, "a block table of \(count) runs")
        }
        let start = try Self.offset(bytes.bigNumber(8, at: 8))
        range = try Self.range(start, count: bytes.bigNumber(8, at: 16))
        let dataOffset = bytes.bigNumber(8, at: 24)
        var runs: [Run] = []
        for index in 0..<count {
            let position = Self.headerLength + index * Self.runLength
            let entry = bytes[position..<position + Self.runLength]
            let kind = UInt32(entry.bigNumber(4, at: 0))
            if kind == Self.comment { continue }
            if kind == Self.terminator { break }
            let target = try Self.range(
                try Self.offset(entry.bigNumber(8, at: 8)) + start, count: entry.bigNumber(8, at: 16))
            guard target.upperBound <= range.upperBound else {
                throw UnpackingError(.malformed, "a run beyond the end of its table")
            }
            let (offset, overflows) = entry.bigNumber(8, at: 24).addingReportingOverflow(dataOffset)
            let length = entry.bigNumber(8, at: 32)
            guard !overflows, offset <= UInt64(dataFork.count), length <= UInt64(dataFork.count) - offset else {
                throw UnpackingError(.truncated, "a run beyond the end of the image's data")
            }
            let from = dataFork.lowerBound + Int64(offset)
            runs.append(Run(kind: kind, target: target, packed: from..<from + Int64(length)))
        }
        self.runs = runs
    }

    private static let largestDisk: UInt64 = 1 << 40

    private static func offset(_ sectors: UInt64) throws(UnpackingError) -> Int64 {
        guard sectors <= largestDisk / UInt64(sector) else {
            throw UnpackingError(.tooLarge, "a disk of more than 1 TiB")
        }
        return Int64(sectors) * sector
    }

    private static func range(_ start: Int64, count: UInt64) throws(UnpackingError) -> Range<Int64> {
        start..<start + (try offset(count))
    }
}
