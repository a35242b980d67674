/// A file of `.lzma86`: whether addresses of x86 code were changed, and an `.lzma` (7-Zip, `Lzma86.h`).
///
/// Its two numbers are no mark, and many bytes resemble it. Damage is therefore the end: 7-Zip writes what decodes.
/// It goes on with a stream that follows; here that is a layer of its own.
package struct LZMA86Opener: SinglePartOpener {
    private static let headLength = 14
    /// The last bytes are in the decoder and in the filter until more follow. 7-Zip writes them of a stream that is
    /// cut.
    private static let padding = 64

    private let layer: FileSlice
    package var isTaken = false
    package private(set) var unaccounted: [Range<Int64>] = []

    /// Properties of LZMA behind a byte that is 0 or 1, with a dictionary for which there is memory.
    static func isHead(_ head: FileStart) -> Bool {
        guard head[0] <= 1, head.bytes.count > headLength else { return false }
        let stream = FileStart(bytes: Array(head.bytes[1...headLength]))
        return stream.isLZMA && stream.hasCommonLZMASize && stream.number(4, at: 1) <= DictionaryLimit.maximum
    }

    package init(_ layer: FileSlice) { self.layer = layer }

    package var part: LayerPart { LayerPart(name: Array("the stream".utf8), isGuess: true) }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        do throws(UnpackingError) {
            try findEnd(decoding: file, limit: limit)
        } catch {
            guard error.isDamage else { throw error }
        }
        let size = try layer.bytes(at: 6, count: 8).number(8, at: 0)
        var writer = ScratchWriter(file, limit: limit)
        do throws(UnpackingError) {
            let stream = try RawLZMA(layer, hasFilterByte: true, lengthOfSize: 8, padding: Self.padding)
            while UInt64(writer.count) < size {
                let bytes = try stream.next()
                guard !bytes.isEmpty else { break }
                try writer.append(bytes[..<Int(min(UInt64(bytes.count), size - UInt64(writer.count)))])
            }
        } catch {
            guard error.isDamage else { throw error }
        }
        return try writer.finish()
    }

    /// The decoder of `.lzma` stops where the stream ends. What it writes is written again, with the filter.
    private mutating func findEnd(decoding file: CInt, limit: Int64) throws(UnpackingError) {
        var stream = try StreamOpener(layer[1..<layer.size], form: .lzma)
        guard try stream.next() != nil else { return }
        _ = try stream.unpack(into: file, limit: limit)
        unaccounted = stream.unaccounted.map { $0.lowerBound + 1..<$0.upperBound + 1 }
    }
}
