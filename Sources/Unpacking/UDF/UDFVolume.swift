/// The descriptors of a UDF volume: its partitions, and where its file set begins. All numbers are little-endian.
/// Source: ECMA-167, third edition; "Universal Disk Format Specification" 2.60 of OSTA.
struct UDFVolume {
    /// An address of a block in a partition.
    struct Address: Hashable {
        let block: UInt32
        let partition: UInt16
    }

    /// One allocation descriptor.
    struct Extent {
        /// Nil for zeros that are not recorded.
        let address: Address?
        let length: Int64
    }

    /// How the blocks of a partition reference are found.
    private enum Map {
        case physical(number: UInt16)
        /// Through the metadata file of another partition.
        case metadata(number: UInt16, file: UInt32)
    }

    private struct Sequence: Equatable {
        /// The first sector and the number of sectors by the partition's number.
        var partitions: [UInt16: [UInt32]] = [:]
        var logical: [UInt8] = []
    }

    let slice: FileSlice
    let blockSize: Int64
    let fileSet: Address
    private let partitions: [UInt16: [UInt32]]
    private let maps: [Map]
    /// The extents of the metadata file by partition reference.
    private var metadata: [UInt16: [Extent]] = [:]

    private static let anchorBlock: Int64 = 256
    private static let maximumDescriptors: Int64 = 1024
    private static let maximumMaps = 16

    /// - Throws: `.malformed` without an anchor, or if the two copies of the descriptors differ; `.method` for virtual
    ///   and sparable partitions.
    init(_ slice: FileSlice) throws(UnpackingError) {
        self.slice = slice
        guard let (anchor, size) = try Self.anchor(of: slice) else {
            throw UnpackingError(.malformed, "no anchor of a UDF volume")
        }
        blockSize = size
        let main = try Self.sequence(anchor, at: 16, slice, size)
        // Readers that do not like one copy use the other.
        if let reserve = try? Self.sequence(anchor, at: 24, slice, size), reserve != main {
            throw UnpackingError(.malformed, "two copies of the volume's descriptors that differ")
        }
        let logical = main.logical
        guard logical.number(4, at: 212) == UInt64(size) else {
            throw UnpackingError(.method, "blocks of \(logical.number(4, at: 212)) bytes")
        }
        partitions = main.partitions
        maps = try Self.maps(logical)
        fileSet = Self.longAddress(logical[248...])
        for (reference, map) in maps.enumerated() {
            guard case .metadata(let number, let file) = map else { continue }
            guard let physical = maps.firstIndex(where: { if case .physical(number) = $0 { true } else { false } })
            else { throw UnpackingError(.malformed, "a metadata partition without its partition") }
            let entry = try UDFFileEntry(at: Address(block: file, partition: UInt16(physical)), of: self)
            metadata[UInt16(reference)] = entry.extents
        }
    }

    /// The anchor at block 256, and the size of a block.
    private static func anchor(of slice: FileSlice) throws(UnpackingError) -> (anchor: [UInt8], blockSize: Int64)? {
        for size: Int64 in [2048, 512, 4096, 1024] {
            let bytes = try slice.bytes(at: anchorBlock * size, count: 512)
            if isDescriptor(bytes, 2), bytes.number(4, at: 12) == UInt64(anchorBlock) { return (bytes, size) }
        }
        return nil
    }

    /// Whether a descriptor has this tag, with a valid checksum.
    static func isDescriptor(_ bytes: [UInt8], _ tag: UInt64) -> Bool {
        guard bytes.count >= 16, bytes.number(2, at: 0) == tag else { return false }
        return bytes[0..<16].enumerated().reduce(UInt8(0)) { $1.offset == 4 ? $0 : $0 &+ $1.element } == bytes[4]
    }

    /// Of several descriptors of one kind, the one with the highest number counts.
    private static func sequence(
        _ anchor: [UInt8], at offset: Int, _ slice: FileSlice, _ size: Int64
    ) throws(UnpackingError) -> Sequence {
        var sequence = Sequence()
        var latest: [UInt16: UInt64] = [:]
        var latestLogical: UInt64?
        let start = Int64(anchor.number(4, at: offset + 4))
        let count = min(Int64(anchor.number(4, at: offset)) / size, maximumDescriptors)
        for index in 0..<count {
            let bytes = try slice.bytes(at: (start + index) * size, count: Int(size))
            if isDescriptor(bytes, 8) || bytes.count < 512 { break }
            let number = bytes.number(4, at: 16)
            if isDescriptor(bytes, 3) { throw UnpackingError(.method, "descriptors in several extents") }
            if isDescriptor(bytes, 5) {
                let partition = UInt16(bytes.number(2, at: 22))
                if let known = latest[partition], known >= number { continue }
                latest[partition] = number
                sequence.partitions[partition] = [UInt32(bytes.number(4, at: 188)), UInt32(bytes.number(4, at: 192))]
            } else if isDescriptor(bytes, 6) {
                if let known = latestLogical, known >= number { continue }
                latestLogical = number
                // Without the tag and the descriptor's own number, which differ between the copies.
                sequence.logical = [UInt8](repeating: 0, count: 20) + bytes[20...]
            }
        }
        guard !sequence.logical.isEmpty, !sequence.partitions.isEmpty else {
            throw UnpackingError(.malformed, "a UDF volume without a partition")
        }
        return sequence
    }

    private static func maps(_ logical: [UInt8]) throws(UnpackingError) -> [Map] {
        let count = Int(logical.number(4, at: 268))
        guard (1...maximumMaps).contains(count) else { throw UnpackingError(.malformed, "\(count) partition maps") }
        var maps: [Map] = []
        var offset = 440
        for _ in 0..<count {
            let length = Int(logical.number(1, at: offset + 1))
            switch logical.number(1, at: offset) {
            case 1 where length == 6: maps.append(.physical(number: UInt16(logical.number(2, at: offset + 4))))
            case 2 where length == 64 && logical[(offset + 5)...].starts(with: Array("*UDF Metadata Partition".utf8)):
                maps.append(
                    .metadata(
                        number: UInt16(logical.number(2, at: offset + 38)),
                        file: UInt32(logical.number(4, at: offset + 40))))
            default: throw UnpackingError(.method, "a partition of another kind")
            }
            offset += length
            guard offset <= logical.count else { throw UnpackingError(.truncated, "partition maps") }
        }
        return maps
    }

    /// The address in a `long_ad` or an `lb_addr` behind its length.
    static func longAddress(_ bytes: ArraySlice<UInt8>) -> Address {
        Address(block: UInt32(bytes.number(4, at: 4)), partition: UInt16(bytes.number(2, at: 8)))
    }

    /// Calls `body` with each range of the layer that holds a stretch of a partition.
    func forEachPiece(
        at address: Address, length: Int64, _ body: (Range<Int64>) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        guard Int(address.partition) < maps.count else {
            throw UnpackingError(.malformed, "partition reference \(address.partition)")
        }
        switch maps[Int(address.partition)] {
        case .physical(let number):
            guard let place = partitions[number] else { throw UnpackingError(.malformed, "partition \(number)") }
            let start = (Int64(place[0]) + Int64(address.block)) * blockSize
            guard Int64(address.block) * blockSize + length <= Int64(place[1]) * blockSize,
                start + length <= slice.size
            else { throw UnpackingError(.truncated, "\(length) bytes at block \(address.block)") }
            try body(start..<start + length)
        case .metadata:
            var position = Int64(address.block) * blockSize
            var left = length
            for extent in metadata[address.partition] ?? [] {
                guard left > 0 else { return }
                guard position < extent.length else {
                    position -= extent.length
                    continue
                }
                guard let base = extent.address, maps.indices.contains(Int(base.partition)),
                    case .physical = maps[Int(base.partition)]
                else { throw UnpackingError(.malformed, "a hole in the metadata file") }
                let count = min(left, extent.length - position)
                guard let block = UInt32(exactly: Int64(base.block) + position / blockSize) else {
                    throw UnpackingError(.malformed, "a block beyond its partition")
                }
                try forEachPiece(at: Address(block: block, partition: base.partition), length: count, body)
                (position, left) = (0, left - count)
            }
            guard left == 0 else { throw UnpackingError(.truncated, "\(length) bytes of the metadata file") }
        }
    }

    /// The bytes of one block.
    func block(_ address: Address) throws(UnpackingError) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(at: address, length: blockSize) { piece throws(UnpackingError) in
            bytes += try slice.bytes(at: piece.lowerBound, count: piece.count)
        }
        return bytes
    }
}
