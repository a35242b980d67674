/// A file entry or an extended file entry (ECMA-167, 4/14.9 and 4/14.17): the size of a file, and where its bytes are.
struct UDFFileEntry {
    enum Kind {
        case folder, file, other
    }

    let kind: Kind
    let size: Int64
    let extents: [UDFVolume.Extent]
    /// The bytes if they stand in the entry itself.
    let embedded: [UInt8]?
    /// The folder of the file's named streams, if it has some.
    let streams: UDFVolume.Address?

    private static let usual: UInt64 = 261
    private static let extended: UInt64 = 266
    private static let continuation: UInt64 = 258
    private static let maximumExtents = 1_000_000
    private static let maximumContinuations = 10_000

    init(at address: UDFVolume.Address, of volume: UDFVolume) throws(UnpackingError) {
        let bytes = try volume.block(address)
        let isExtended = UDFVolume.isDescriptor(bytes, Self.extended)
        guard isExtended || UDFVolume.isDescriptor(bytes, Self.usual) else {
            throw UnpackingError(.malformed, "no file entry at block \(address.block)")
        }
        guard bytes.number(2, at: 20) == 4 else { throw UnpackingError(.method, "a file entry of another strategy") }
        switch bytes[27] {
        case 4, 13: kind = .folder
        case 0, 5, 249, 250, 251: kind = .file
        default: kind = .other
        }
        guard let size = Int64(exactly: bytes.number(8, at: 56)) else {
            throw UnpackingError(.malformed, "a file's size")
        }
        self.size = size
        streams = isExtended && bytes.number(4, at: 152) > 0 ? UDFVolume.longAddress(bytes[152...]) : nil
        let lengths = isExtended ? 208 : 168
        let start = lengths + 8 + Int(bytes.number(4, at: lengths))
        let end = start + Int(bytes.number(4, at: lengths + 4))
        guard end <= bytes.count else { throw UnpackingError(.malformed, "a file entry longer than a block") }
        let form = bytes.number(2, at: 34) & 7
        if form == 3 {
            guard size <= Int64(end - start) else { throw UnpackingError(.truncated, "a file in its entry") }
            (embedded, extents) = (Array(bytes[start..<start + Int(size)]), [])
        } else {
            embedded = nil
            extents = try Self.extents(bytes[start..<end], form, partition: address.partition, of: volume)
        }
    }

    private static func extents(
        _ descriptors: ArraySlice<UInt8>, _ form: UInt64, partition: UInt16, of volume: UDFVolume
    ) throws(UnpackingError) -> [UDFVolume.Extent] {
        // short_ad or long_ad
        guard form <= 1 else { throw UnpackingError(.method, "allocation descriptors of another kind") }
        let length = form == 0 ? 8 : 16
        var extents: [UDFVolume.Extent] = []
        var rest = Array(descriptors)
        var (index, continuations) = (0, 0)
        while index + length <= rest.count {
            let entry = rest[index..<index + length]
            index += length
            let word = entry.number(4, at: 0)
            let address =
                form == 0
                ? UDFVolume.Address(block: UInt32(entry.number(4, at: 4)), partition: partition)
                : UDFVolume.longAddress(entry)
            guard word & 0x3FFF_FFFF > 0 else { break }
            if word >> 30 == 3 {
                let next = try volume.block(address)
                guard UDFVolume.isDescriptor(next, continuation) else {
                    throw UnpackingError(.malformed, "allocation descriptors without their continuation")
                }
                rest = Array(next.dropFirst(24).prefix(Int(next.number(4, at: 20))))
                index = 0
                continuations += 1
            } else {
                let isRecorded = word >> 30 == 0
                extents.append(
                    UDFVolume.Extent(address: isRecorded ? address : nil, length: Int64(word & 0x3FFF_FFFF)))
            }
            guard extents.count <= maximumExtents, continuations <= maximumContinuations else {
                throw UnpackingError(.tooLarge, "many extents of a file")
            }
        }
        return extents
    }

    /// Calls `body` with each range of the volume that holds bytes of the file, and the range's offset in the file.
    /// What is not recorded is zeros.
    func forEachPiece(
        of volume: UDFVolume, _ body: (Range<Int64>, Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        var position: Int64 = 0
        for extent in extents where position < size {
            let count = min(extent.length, size - position)
            if let address = extent.address, count > 0 {
                var offset = position
                try volume.forEachPiece(at: address, length: count) { piece throws(UnpackingError) in
                    try body(piece, offset)
                    offset += Int64(piece.count)
                }
            }
            position += count
        }
        guard position == size else { throw UnpackingError(.truncated, "a file of \(size) bytes has \(position)") }
    }

    /// The bytes of a folder.
    func bytes(of volume: UDFVolume, limit: Int64) throws(UnpackingError) -> [UInt8] {
        if let embedded { return embedded }
        guard size <= limit else { throw UnpackingError(.tooLarge, "a folder of \(size) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        try forEachPiece(of: volume) { piece, offset throws(UnpackingError) in
            let part = try volume.slice.bytes(at: piece.lowerBound, count: piece.count)
            bytes.replaceSubrange(Int(offset)..<Int(offset) + part.count, with: part)
        }
        return bytes
    }
}
