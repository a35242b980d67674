/// A track of Matroska (RFC 9559, section 5.1.4) and how its frames are packed.
struct MatroskaTrack {
    private enum ID {
        static let entry: UInt64 = 0xAE
        static let number: UInt64 = 0xD7
        static let codec: UInt64 = 0x86
        static let codecPrivate: UInt64 = 0x63A2
        static let encodings: UInt64 = 0x6D80
        static let encoding: UInt64 = 0x6240
        static let scope: UInt64 = 0x5032
        static let type: UInt64 = 0x5033
        static let compression: UInt64 = 0x5034
        static let algorithm: UInt64 = 0x4254
        static let settings: UInt64 = 0x4255
    }

    /// One step of a track's encoding, with the values that hold where none is given.
    private struct Encoding {
        /// 1 for the frames, 2 for the codec's private data.
        var scope: UInt64 = 1
        var isEncryption = false
        var algorithm: UInt64 = 0
        /// The bytes that were taken off each frame's start.
        var settings: Range<Int64> = 0..<0
    }

    private static let algorithms = ["zlib", "bzip2", "LZO", "stripped headers"]
    private static let stripped: UInt64 = 3

    private(set) var number: UInt64 = 0
    private(set) var isText = false
    private var privateData: Range<Int64> = 0..<0
    private var encodings: [Encoding] = []
    var frames: [Range<Int64>] = []

    /// Returns the tracks that an element `Tracks` describes.
    ///
    /// - Parameter elements: counts what is read.
    static func read(
        _ body: Range<Int64>, in layer: FileSlice, _ elements: inout Int
    ) throws(UnpackingError) -> [MatroskaTrack] {
        var (tracks, offset): ([MatroskaTrack], Int64) = ([], body.lowerBound)
        while offset < body.upperBound,
            let element = try MatroskaAttachments.Element(in: layer, at: offset, end: body.upperBound)
        {
            try MatroskaTracks.count(&elements)
            let holdsOthers = [ID.entry, ID.encodings, ID.encoding, ID.compression].contains(element.id)
            offset = holdsOthers ? element.body.lowerBound : element.body.upperBound
            if element.id == ID.entry { tracks.append(MatroskaTrack()) }
            if let last = tracks.indices.last { try tracks[last].take(element, of: layer) }
        }
        return tracks
    }

    private mutating func take(
        _ element: MatroskaAttachments.Element, of layer: FileSlice
    ) throws(UnpackingError) {
        let value = try layer.bytes(at: element.body.lowerBound, count: min(8, element.body.count))
        let number = value.bigNumber(value.count, at: 0)
        switch element.id {
        case ID.number: self.number = number
        case ID.codec: isText = value.starts(with: "S_TEXT".utf8)
        case ID.codecPrivate: privateData = element.body
        case ID.encoding: encodings.append(Encoding())
        case ID.scope where !encodings.isEmpty: encodings[encodings.count - 1].scope = number
        case ID.type where !encodings.isEmpty: encodings[encodings.count - 1].isEncryption = number == 1
        case ID.algorithm where !encodings.isEmpty: encodings[encodings.count - 1].algorithm = number
        case ID.settings where !encodings.isEmpty: encodings[encodings.count - 1].settings = element.body
        default: break
        }
    }

    /// Whether its frames or its private data can be unpacked without a key.
    var isPacked: Bool { !encodings.isEmpty && !encodings.contains(where: \.isEncryption) }

    /// Whether its frames are packed, and not only its private data.
    var packsBlocks: Bool { encodings.contains { $0.scope & 1 != 0 } }

    /// The name of a way of packing that is not supported, or nil.
    var unsupported: String? {
        guard encodings.count == 1, let encoding = encodings.first else { return "a track that is packed twice" }
        if [0, Self.stripped].contains(encoding.algorithm) { return nil }
        let name =
            Self.algorithms.indices.contains(Int(clamping: encoding.algorithm))
            ? Self.algorithms[Int(encoding.algorithm)] : "method \(encoding.algorithm)"
        return "a track that is packed by \(name)"
    }

    /// Writes the private data, if they are packed, and the frames. Texts are lines of their own.
    ///
    /// - Returns: the number of bytes.
    func unpack(from layer: FileSlice, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        guard let encoding = encodings.first else { return 0 }
        let first = encoding.scope & 2 != 0 && !privateData.isEmpty ? [privateData] : []
        for frame in first + frames {
            if encoding.algorithm == Self.stripped {
                for range in [encoding.settings, frame] {
                    try layer.forEachBlock(in: range) { block throws(UnpackingError) in try writer.append(block) }
                }
            } else {
                try Self.inflate(frame, of: layer, to: &writer)
            }
            if isText { try writer.append(0x0A) }
        }
        return try writer.finish()
    }

    /// Damage is a frame's end: readers leave the rest out.
    private static func inflate(
        _ range: Range<Int64>, of layer: FileSlice, to writer: inout ScratchWriter
    ) throws(UnpackingError) {
        var stream = try ZlibStream(.zlib)
        _ = try stream.run(
            from: range.lowerBound,
            reading: { offset throws(UnpackingError) in
                let left = max(0, range.upperBound - offset)
                return try layer.bytes(at: offset, count: Int(min(left, Int64(ZlibStream.blockLength))))
            },
            writing: { bytes throws(UnpackingError) in
                try writer.append(bytes)
                return true
            })
    }
}

/// How a block of Matroska divides its bytes into frames (RFC 9559, section 10.3).
struct MatroskaLace {
    private static let longestHead = 1 << 16
    private static let longestFrame: Int64 = 1 << 40

    private let kind: UInt8
    private let body: Range<Int64>

    /// - Parameter body: what follows the flags.
    init(flags: UInt8, _ body: Range<Int64>) {
        kind = flags >> 1 & 3
        self.body = body
    }

    /// The frames. Those that extend beyond the block are cut.
    func frames(in layer: FileSlice) throws(UnpackingError) -> [Range<Int64>] {
        guard kind != 0 else { return [body] }
        let head = try layer.bytes(at: body.lowerBound, count: min(body.count, Self.longestHead))
        guard let last = head.first else { return [] }
        var place = 1
        let sizes = sizes(in: head, count: Int(last), &place)
        var (frames, offset): ([Range<Int64>], Int64) = ([], min(body.upperBound, body.lowerBound + Int64(place)))
        for size in sizes {
            let end = min(body.upperBound, offset + size)
            frames.append(offset..<end)
            offset = end
        }
        return frames + [offset..<body.upperBound]
    }

    /// The sizes of all frames but the last one.
    private func sizes(in head: [UInt8], count: Int, _ place: inout Int) -> [Int64] {
        // Xiph's lacing is 1, that of equal sizes 2, EBML's 3.
        if kind == 2 { return [Int64](repeating: Int64(body.count - 1) / Int64(count + 1), count: count) }
        var sizes: [Int64] = []
        while sizes.count < count, place < head.count {
            if kind == 1 {
                var size: Int64 = 0
                while place < head.count {
                    size += Int64(head[place])
                    place += 1
                    if head[place - 1] < 255 { break }
                }
                sizes.append(size)
                continue
            }
            let length = head[place].leadingZeroBitCount + 1
            let value = Int64(head.bigNumber(min(8, length), at: place) & (1 << UInt64(7 * min(8, length)) - 1))
            // Each but the first is a difference, from the middle of what its length can hold.
            let middle: Int64 = 1 << Int64(7 * min(8, length) - 1) - 1
            let size = sizes.last.map { $0 + value - middle } ?? value
            sizes.append(min(max(0, size), Self.longestFrame))
            place += min(8, length)
        }
        return sizes
    }
}
