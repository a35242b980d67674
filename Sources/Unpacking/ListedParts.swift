/// The parts of a layer that an opener has listed at its start.
package struct ListedParts {
    enum Packing { case none, zlib, deflate, brotli }

    enum Source {
        case layer(ScatteredSlice, Packing = .none)
        case memory(ArraySlice<UInt8>)

        /// Nil for packed bytes.
        var size: Int64? {
            switch self {
            case .layer(let slice, .none): slice.size
            case .layer: nil
            case .memory(let bytes): Int64(bytes.count)
            }
        }
    }

    struct Part {
        let name: [UInt8]
        let source: Source
        let use: LayerPart.Use
        let isGuess: Bool

        init(_ name: [UInt8], _ source: Source, use: LayerPart.Use = .file, isGuess: Bool = false) {
            (self.name, self.source, self.use, self.isGuess) = (name, source, use, isGuess)
        }
    }

    /// What makes two parts the same.
    private struct Place: Hashable {
        let bytes: ScatteredSlice.Place
        let packing: Packing
        let use: LayerPart.Use
        let isGuess: Bool
    }

    private let maximum: Int
    private(set) var list: [Part] = []
    private var index = -1
    private var seen: Set<Place> = []
    /// The bytes of all packed parts.
    private var packed: Int64 = 0

    /// How often the packed bytes of a layer may be parts: a few of them would decode to any number of bytes. A body
    /// with two codings is listed for each.
    private static let packedRatio: Int64 = 2

    /// - Parameter maximum: the most parts.
    init(maximum: Int = 20_000) { self.maximum = maximum }

    /// Adds a part. The same bytes for the same use are one part, however many entries of a table lead to them.
    ///
    /// - Throws: `.tooLarge` with more parts than are listed; `.malformed` if packed parts share their bytes.
    mutating func add(_ part: Part) throws(UnpackingError) {
        if case .layer(let slice, let packing) = part.source {
            let place = Place(bytes: slice.place, packing: packing, use: part.use, isGuess: part.isGuess)
            guard seen.insert(place).inserted else { return }
            if packing != .none { packed += slice.size }
            guard packed <= Self.packedRatio * slice.layer.size else {
                throw UnpackingError(.malformed, "packed parts share their bytes")
            }
        }
        guard list.count < maximum else { throw UnpackingError(.tooLarge, "more than \(maximum) parts") }
        list.append(part)
    }

    /// Adds a range of a layer, cut at the layer's end.
    ///
    /// - Throws: `.tooLarge` with more parts than are listed.
    mutating func add(
        _ name: String, _ range: Range<Int64>, of layer: FileSlice, _ packing: Packing = .none,
        use: LayerPart.Use = .file, isGuess: Bool = false
    ) throws(UnpackingError) {
        let range = range.clamped(to: 0..<layer.size)
        guard !range.isEmpty else { return }
        try add(Part(Array(name.utf8), .layer(ScatteredSlice(layer, range), packing), use: use, isGuess: isGuess))
    }

    fileprivate mutating func next() -> LayerPart? {
        index += 1
        guard index < list.count else { return nil }
        let part = list[index]
        return LayerPart(name: part.name, size: part.source.size, isGuess: part.isGuess, use: part.use)
    }

    fileprivate var isStored: Bool {
        if list.indices.contains(index), case .layer(_, .none) = list[index].source { true } else { false }
    }

    fileprivate func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard list.indices.contains(index) else { return 0 }
        switch list[index].source {
        case .memory(let bytes):
            guard Int64(bytes.count) <= limit else { throw UnpackingError(.tooLarge, "\(bytes.count) bytes") }
            try writeScratch(bytes, to: file, at: 0)
            return Int64(bytes.count)
        case .layer(let slice, .none):
            return try slice.copy(0..<slice.size, into: file, limit: limit)
        case .layer(let slice, .brotli): return try BrotliOpener(slice).unpack(into: file, limit: limit)
        case .layer(let slice, let packing):
            var stream = try ZlibStream(packing == .zlib ? .zlib : .raw)
            let read = { (offset: Int64) throws(UnpackingError) -> [UInt8] in
                try slice.bytes(at: offset, count: ZlibStream.blockLength)
            }
            return try stream.decode(limit: limit, reading: read) { piece, offset throws(UnpackingError) in
                try writeScratch(piece, to: file, at: offset)
            }.size
        }
    }
}

/// An opener that lists its parts at its start.
package protocol ListingOpener: LayerOpener {
    var parts: ListedParts { get set }
}

extension ListingOpener {
    package var partCount: Int? { parts.list.count }
    package var isStored: Bool { parts.isStored }

    package mutating func next() throws(UnpackingError) -> LayerPart? { parts.next() }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        try parts.unpack(into: file, limit: limit)
    }
}
