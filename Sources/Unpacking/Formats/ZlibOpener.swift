/// Streams of zlib without a container (RFC 1950), one behind the other: a part each.
package struct ZlibOpener: LayerOpener {
    private let layer: FileSlice
    /// Whether the layer may be a piece of a stream, whose other pieces stand elsewhere.
    private let mayBePiece: Bool
    private var count = 0
    /// The end of the last stream that was decoded; nil if it could not be.
    private var end: Int64? = 0

    private static let probeLength = 4096

    package init(_ layer: FileSlice, mayBePiece: Bool = false) {
        (self.layer, self.mayBePiece) = (layer, mayBePiece)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard let start = end else { return nil }
        if count > 0 {
            let head = FileStart(bytes: try layer.bytes(at: start, count: Self.probeLength))
            guard head.isZlib else { return nil }
        }
        count += 1
        return LayerPart(count == 1 ? "" : "stream \(count)")
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let start = end else { return 0 }
        end = nil
        let stream = layer[start..<layer.size]
        var written: Int64 = 0
        do throws(UnpackingError) {
            let (packed, size) = try stream.inflate(.zlib, limit: limit) { piece, position throws(UnpackingError) in
                try writeScratch(piece, to: file, at: position)
                written = position + Int64(piece.count)
            }
            end = start + packed
            return size
        } catch {
            // All that is there of it was decoded.
            guard mayBePiece, error.isDamage else { throw error }
            return written
        }
    }

    package var unaccounted: [Range<Int64>] {
        guard let end, end < layer.size else { return [] }
        return [end..<layer.size]
    }
}

extension FileStart {
    /// No more of random bytes or of a text decodes: 96 and 136 bytes at most, of 60,000 and 20,000 that were tried.
    private static let fewestZlibBytes = 256

    /// A zlib header with a valid check and no preset dictionary, and bytes behind it that decode: to the stream's end,
    /// as far as these bytes go, or far enough.
    var isZlib: Bool {
        guard self[0] & 0x8F == 8, self[1] & 0x20 == 0, (Int(self[0]) << 8 | Int(self[1])) % 31 == 0, bytes.count >= 8
        else { return false }
        switch ZlibStream.probe(bytes) {
        case .ended: return true
        case .unfinished: return bytes.count >= 64
        case .damaged(let count): return count >= Self.fewestZlibBytes
        }
    }
}
