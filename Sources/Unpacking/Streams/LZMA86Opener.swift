/// A file of `.lzma86`: whether addresses of x86 code were changed, and an `.lzma` (7-Zip, `Lzma86.h`).
///
/// Its two numbers are no mark, and many bytes resemble it. Damage is therefore the end: 7-Zip writes what decodes.
package struct LZMA86Opener: LayerOpener {
    private static let headLength = 14

    private let layer: FileSlice
    private var isTaken = false

    /// Properties of LZMA behind a byte that is 0 or 1, with a dictionary for which there is memory.
    static func isHead(_ head: FileStart) -> Bool {
        guard head[0] <= 1, head.bytes.count > headLength else { return false }
        let stream = FileStart(bytes: Array(head.bytes[1...headLength]))
        return stream.isLZMA && stream.hasCommonLZMASize && stream.number(4, at: 1) <= DictionaryLimit.maximum
    }

    package init(_ layer: FileSlice) { self.layer = layer }

    package mutating func next() -> LayerPart? {
        guard !isTaken else { return nil }
        isTaken = true
        return LayerPart(name: Array("the stream".utf8), isGuess: true)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let size = try layer.bytes(at: 6, count: 8).number(8, at: 0)
        var writer = ScratchWriter(file, limit: limit)
        do throws(UnpackingError) {
            let stream = try RawLZMA(layer, hasFilterByte: true, lengthOfSize: 8)
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

    package var unaccounted: [Range<Int64>] { [] }
}
