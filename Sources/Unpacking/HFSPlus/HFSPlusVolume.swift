/// The volume header of HFS+ or HFSX, and the forks that it names. All numbers are big-endian.
/// Source: Apple Technical Note 1150, "HFS Plus Volume Format".
struct HFSPlusVolume {
    let slice: FileSlice
    let blockSize: Int64
    let catalog: HFSPlusFork
    let extents: HFSPlusFork
    let attributes: HFSPlusFork

    private static let headerOffset: Int64 = 1024
    private static let journaled: UInt64 = 1 << 13

    /// - Throws: `.method` for the classic HFS and for a journal that has to be replayed; `.truncated`, `.malformed`.
    init(_ slice: FileSlice) throws(UnpackingError) {
        let header = try slice.bytes(at: Self.headerOffset, count: 512)
        guard header.count == 512 else { throw UnpackingError(.truncated, "a volume without a header") }
        guard header.starts(with: [0x48, 0x2B]) || header.starts(with: [0x48, 0x58]) else {
            throw UnpackingError(.method, "the classic HFS")
        }
        let blockSize = header.bigNumber(4, at: 40)
        let blocks = header.bigNumber(4, at: 44)
        guard blockSize >= 512, blockSize <= 1 << 20, blockSize.nonzeroBitCount == 1 else {
            throw UnpackingError(.malformed, "blocks of \(blockSize) bytes")
        }
        // The last block may be short by the sectors behind the second header.
        guard blocks > 0, (blocks - 1) * blockSize < UInt64(slice.size) else {
            throw UnpackingError(.truncated, "\(blocks) blocks of \(blockSize) bytes in \(slice.size)")
        }
        self.slice = slice
        self.blockSize = Int64(blockSize)
        extents = HFSPlusFork(header[192..<272])
        catalog = HFSPlusFork(header[272..<352])
        attributes = HFSPlusFork(header[352..<432])
        if header.bigNumber(4, at: 4) & Self.journaled != 0 {
            try checkJournal(at: Int64(header.bigNumber(4, at: 12)) * self.blockSize)
        }
    }

    /// A journal that is not empty holds changes that a reader applies before it lists the volume.
    private func checkJournal(at offset: Int64) throws(UnpackingError) {
        let info = try slice.bytes(at: offset, count: 52)
        guard info.count == 52, let start = Int64(exactly: info.bigNumber(8, at: 36)) else {
            throw UnpackingError(.truncated, "a volume without its journal")
        }
        // A journal on another device, or one that is still to be made.
        guard info.bigNumber(4, at: 0) & 5 == 1 else { return }
        let header = try slice.bytes(at: start, count: 24)
        guard header.count == 24 else { throw UnpackingError(.truncated, "a volume without its journal") }
        guard header[8..<16].elementsEqual(header[16..<24]) else {
            throw UnpackingError(.method, "a journal that has to be replayed")
        }
    }
}

/// The extents of one fork as its record names them. A long one continues in the extents file.
struct HFSPlusFork {
    struct Extent: Equatable {
        let start: Int64
        let count: Int64
    }

    static let length = 80
    static let extentsPerRecord = 8

    let size: UInt64
    /// All blocks, those of the extents file included.
    let blocks: Int64
    var extents: [Extent]

    init(_ record: ArraySlice<UInt8>) {
        size = record.bigNumber(8, at: 0)
        blocks = Int64(record.bigNumber(4, at: 12))
        extents = Self.extents(record.dropFirst(16))
    }

    static func extents(_ record: ArraySlice<UInt8>) -> [Extent] {
        (0..<extentsPerRecord)
            .map {
                Extent(
                    start: Int64(record.bigNumber(4, at: 8 * $0)), count: Int64(record.bigNumber(4, at: 8 * $0 + 4)))
            }
            .filter { $0.count > 0 }
    }

    var extentBlocks: Int64 { extents.reduce(0) { $0 + $1.count } }
}

/// The bytes of a fork.
struct HFSPlusForkReader {
    private let volume: HFSPlusVolume
    private let extents: [HFSPlusFork.Extent]
    let size: Int64

    /// - Parameter fork: with all its extents.
    /// - Throws: `.malformed` for fewer blocks than its size takes; `.truncated` for blocks beyond the volume's end.
    init(_ fork: HFSPlusFork, of volume: HFSPlusVolume) throws(UnpackingError) {
        guard fork.size <= UInt64(fork.extentBlocks) * UInt64(volume.blockSize) else {
            throw UnpackingError(.malformed, "a fork of \(fork.size) bytes in \(fork.extentBlocks) blocks")
        }
        for extent in fork.extents where (extent.start + extent.count - 1) * volume.blockSize >= volume.slice.size {
            throw UnpackingError(.truncated, "an extent at block \(extent.start)")
        }
        self.volume = volume
        extents = fork.extents
        size = Int64(fork.size)
    }

    /// Calls `body` with each range of the volume that holds the fork's range, in order.
    private func forEachPiece(
        of range: Range<Int64>, _ body: (Range<Int64>) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        var position: Int64 = 0
        for extent in extents {
            let length = extent.count * volume.blockSize
            let lower = max(range.lowerBound, position)
            let upper = min(range.upperBound, position + length)
            if lower < upper {
                let start = extent.start * volume.blockSize - position
                try body(start + lower..<start + upper)
            }
            position += length
            if position >= range.upperBound { return }
        }
    }

    func bytes(_ range: Range<Int64>) throws(UnpackingError) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(of: range.clamped(to: 0..<size)) { piece throws(UnpackingError) in
            bytes += try volume.slice.bytes(at: piece.lowerBound, count: piece.count)
        }
        return bytes
    }

    func copy(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard size <= limit else { throw UnpackingError(.tooLarge, "a file of \(size) bytes") }
        var offset: Int64 = 0
        try forEachPiece(of: 0..<size) { piece throws(UnpackingError) in
            try volume.slice.copyBlocks(piece, into: file, at: offset)
            offset += Int64(piece.count)
        }
        guard offset == size else { throw UnpackingError(.truncated, "a file of \(size) bytes has \(offset)") }
        return size
    }
}
