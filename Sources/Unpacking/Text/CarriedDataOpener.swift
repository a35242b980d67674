/// The bytes that a text carries in base64 or in `data:` addresses.
package struct CarriedDataOpener: LayerOpener {
    private var runs: EncodedRuns
    private var current: EncodedRuns.Run?
    /// Where the last run ended. What begins within it is a part of what it decodes to.
    private var end: Int64 = 0
    private var number = 0

    private static let blockLength = 1 << 16

    package init(_ layer: FileSlice) throws(UnpackingError) { runs = try EncodedRuns(layer) }

    package var unaccounted: [Range<Int64>] { [] }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        while let run = try runs.next() {
            guard run.start >= end else { continue }
            current = run
            number += 1
            return LayerPart(name: Array("encoded data \(number)".utf8), isGuess: run.isGuess)
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let current else { return 0 }
        var decoder = RunDecoder(current.kind)
        var (position, written) = (current.start, Int64(0))
        while !decoder.isAtEnd {
            let block = try runs.text.bytes(at: position, count: Self.blockLength)
            position += Int64(decoder.add(block))
            let bytes = decoder.take(isLast: decoder.isAtEnd || block.isEmpty)
            guard written + Int64(bytes.count) <= limit else {
                throw UnpackingError(.tooLarge, "more than \(limit) bytes")
            }
            try writeScratch(bytes[...], to: file, at: written)
            written += Int64(bytes.count)
            if block.isEmpty { break }
        }
        end = position
        return written
    }
}
