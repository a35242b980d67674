/// A stream whose bytes are spread over a layer: the sectors of an OLE2 stream, the chunks of an OpenPGP packet.
struct ScatteredSlice {
    fileprivate struct Extent: Hashable {
        /// The offset of its first byte in the stream.
        let offset: Int64
        /// In the layer.
        var range: Range<Int64>
    }

    let layer: FileSlice
    private var extents: [Extent] = []
    private(set) var size: Int64 = 0

    /// The most stretches of a stream that do not touch: 24 MiB of memory.
    private static let maximumExtents = 1 << 20
    private static let blockLength = 1 << 17

    /// Where the bytes stand: two slices of a layer with the same place have the same bytes.
    struct Place: Hashable {
        fileprivate let extents: [Extent]
    }

    var place: Place { Place(extents: extents) }

    init(_ layer: FileSlice) { self.layer = layer }

    init(_ layer: FileSlice, _ range: Range<Int64>) {
        self.layer = layer
        if !range.isEmpty {
            extents = [Extent(offset: 0, range: range)]
            size = Int64(range.count)
        }
    }

    /// Appends a range of the layer, which must lie within it.
    mutating func append(_ range: Range<Int64>) throws(UnpackingError) {
        guard !range.isEmpty else { return }
        if let last = extents.last, last.range.upperBound == range.lowerBound {
            extents[extents.count - 1].range = last.range.lowerBound..<range.upperBound
        } else {
            guard extents.count < Self.maximumExtents else {
                throw UnpackingError(.tooLarge, "a stream in more than \(extents.count) pieces")
            }
            extents.append(Extent(offset: size, range: range))
        }
        size += Int64(range.count)
    }

    /// Returns the longest stretch of the layer that holds the stream's bytes from `offset` on, or nil beyond the end.
    func stretch(at offset: Int64) -> Range<Int64>? {
        guard offset >= 0, offset < size else { return nil }
        var (low, high) = (0, extents.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if extents[middle].offset <= offset { low = middle } else { high = middle - 1 }
        }
        let extent = extents[low]
        return extent.range.lowerBound + (offset - extent.offset)..<extent.range.upperBound
    }

    /// Returns `count` bytes from `offset` on, or fewer at the stream's end.
    func bytes(at offset: Int64, count: Int) throws(UnpackingError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let range = stretch(at: offset + Int64(bytes.count)) {
            let wanted = Int(min(Int64(count - bytes.count), Int64(range.count)))
            let more = try layer.bytes(at: range.lowerBound, count: wanted)
            guard more.count == wanted else { throw UnpackingError(.read, "a range beyond the layer's end") }
            if bytes.isEmpty { bytes = more } else { bytes += more }
        }
        return bytes
    }

    /// Writes a range of the stream to the start of a scratch file, and returns its length.
    func copy(_ range: Range<Int64>, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let end = min(range.upperBound, size)
        let count = max(0, end - range.lowerBound)
        guard count <= limit else { throw UnpackingError(.tooLarge, "\(count) bytes") }
        var copied: Int64 = 0
        while copied < count {
            let block = try bytes(
                at: range.lowerBound + copied, count: Int(min(Int64(Self.blockLength), count - copied)))
            try writeScratch(block[...], to: file, at: copied)
            copied += Int64(block.count)
        }
        return count
    }
}

extension ScatteredSlice {
    /// Whether any byte is neither 0 nor FF.
    func hasContent() throws(UnpackingError) -> Bool {
        var offset: Int64 = 0
        while offset < size {
            let block = try bytes(at: offset, count: Self.blockLength)
            if block.contains(where: { $0 != 0 && $0 != 0xFF }) { return true }
            offset += Int64(block.count)
        }
        return false
    }
}
