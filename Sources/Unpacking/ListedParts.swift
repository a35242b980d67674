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

    private let maximum: Int
    private(set) var list: [Part] = []
    private var index = -1

    /// - Parameter maximum: the most parts.
    init(maximum: Int = 20_000) { self.maximum = maximum }

    /// - Throws: `.tooLarge` with more parts than are listed.
    mutating func add(_ part: Part) throws(UnpackingError) {
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

    package mutating func next() throws(UnpackingError) -> LayerPart? { parts.next() }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        try parts.unpack(into: file, limit: limit)
    }
}
