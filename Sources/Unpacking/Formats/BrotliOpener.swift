internal import CBrotli

/// A Brotli stream (RFC 7932). It has no magic number: only who knows that bytes are one can open it.
package struct BrotliOpener: LayerOpener, ~Copyable {
    private let layer: ScatteredSlice
    private var wasListed = false
    private static let blockLength = 1 << 16

    package init(_ layer: FileSlice) { self.init(ScatteredSlice(layer, 0..<layer.size)) }

    init(_ layer: ScatteredSlice) { self.layer = layer }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        defer { wasListed = true }
        return wasListed ? nil : LayerPart()
    }

    package func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var written: Int64 = 0
        try decode { (bytes) throws(UnpackingError) in
            guard Int64(bytes.count) <= limit - written else {
                throw UnpackingError(.tooLarge, "a stream of more than \(limit) bytes")
            }
            try writeScratch(bytes, to: file, at: written)
            written += Int64(bytes.count)
            return true
        }
        return written
    }

    package var unaccounted: [Range<Int64>] { [] }

    /// Returns the first decoded bytes, as far as they decode.
    package func start(limit: Int) -> [UInt8] {
        var start: [UInt8] = []
        try? decode { (bytes) throws(UnpackingError) in
            start += bytes.prefix(limit - start.count)
            return start.count < limit
        }
        return start
    }

    /// Hands out the decoded bytes block by block, as long as `take` returns true.
    private func decode(_ take: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool) throws(UnpackingError) {
        guard let state = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else {
            throw UnpackingError(.memory, "no memory for a Brotli decoder")
        }
        defer { unsafe BrotliDecoderDestroyInstance(state) }
        var offset: Int64 = 0
        var output = [UInt8](repeating: 0, count: Self.blockLength)
        while true {
            let input = try layer.bytes(at: offset, count: Self.blockLength)
            offset += Int64(input.count)
            var left = input.count
            repeat {
                let (result, count) = unsafe input.withUnsafeBufferPointer { source in
                    unsafe output.withUnsafeMutableBufferPointer { target in
                        var next = unsafe source.baseAddress.map { unsafe $0 + (input.count - left) }
                        var free = target.count
                        var place = target.baseAddress
                        let result = unsafe BrotliDecoderDecompressStream(state, &left, &next, &free, &place, nil)
                        return (result, target.count - free)
                    }
                }
                if result == BROTLI_DECODER_RESULT_ERROR { throw UnpackingError(.malformed, "no Brotli stream") }
                if count > 0, try !take(output[..<count]) { return }
                if result == BROTLI_DECODER_RESULT_SUCCESS {
                    guard left == 0, offset == layer.size else {
                        throw UnpackingError(.malformed, "bytes behind the end of a Brotli stream")
                    }
                    return
                }
                if result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT { break }
            } while true
            guard offset < layer.size else { throw UnpackingError(.truncated, "a Brotli stream without its end") }
        }
    }
}
