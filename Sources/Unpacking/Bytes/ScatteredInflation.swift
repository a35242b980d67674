internal import CZlib

/// Decodes zlib (RFC 1950) and raw Deflate (RFC 1951) streams.
enum ScatteredInflation {
    enum Format: CInt {
        case zlib = 15
        case raw = -15
    }

    private static let blockLength = 1 << 16

    /// Decodes a stream that begins at `start` to a scratch file.
    ///
    /// - Parameter declaredSize: of the decoded bytes. With that many, a stream without an end counts as whole.
    /// - Returns: the number of decoded bytes, and the offset at which the compressed stream ends.
    /// - Throws: `.malformed`, or `.truncated` if the source ends within the stream; `.tooLarge` beyond `limit`.
    static func decode(
        _ source: ScatteredSlice, from start: Int64, _ format: Format, into file: CInt, limit: Int64,
        declaredSize: Int64? = nil
    ) throws(UnpackingError) -> (size: Int64, end: Int64) {
        var (written, position): (Int64, Int64) = (0, start)
        var decoder = try Decoder(format)
        while true {
            let input = try source.bytes(at: position, count: blockLength)
            guard !input.isEmpty else {
                if let declaredSize, written >= declaredSize { return (written, position) }
                throw UnpackingError(.truncated, "a compressed stream without an end")
            }
            var used = 0
            while used < input.count {
                let step = try decoder.step(input[used...], most: blockLength)
                guard written + Int64(step.output.count) <= limit else {
                    throw UnpackingError(.tooLarge, "more than \(limit) bytes")
                }
                try writeScratch(step.output[...], to: file, at: written)
                written += Int64(step.output.count)
                used += step.used
                if step.isEnd { return (written, position + Int64(used)) }
            }
            position += Int64(input.count)
        }
    }

    /// Returns the first decoded bytes of a stream, at most `count`. Nil if the stream is not valid.
    static func prefix(of input: [UInt8], _ format: Format, count: Int) -> [UInt8]? {
        guard var decoder = try? Decoder(format) else { return nil }
        return try? decoder.step(input[...], most: count).output
    }

    /// One zlib stream. Its memory is 40 KiB, whatever the input.
    @safe private struct Decoder: ~Copyable {
        private let stream: UnsafeMutablePointer<z_stream>

        init(_ format: Format) throws(UnpackingError) {
            unsafe stream = .allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            guard unsafe czlib_inflate_init(stream, format.rawValue) == Z_OK else {
                unsafe stream.deallocate()
                throw UnpackingError(.memory, "no memory for zlib")
            }
        }

        deinit {
            unsafe inflateEnd(stream)
            unsafe stream.deallocate()
        }

        /// Decodes at most `most` bytes.
        mutating func step(
            _ input: ArraySlice<UInt8>, most: Int
        ) throws(UnpackingError) -> (output: [UInt8], used: Int, isEnd: Bool) {
            var code = Z_OK
            var left = input.count
            let output = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
                unsafe input.withUnsafeBufferPointer { bytes in
                    // zlib does not write to its input.
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                    unsafe stream.pointee.avail_in = uInt(bytes.count)
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = uInt(most)
                    code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                    left = unsafe Int(stream.pointee.avail_in)
                    count = unsafe most - Int(stream.pointee.avail_out)
                }
            }
            let used = input.count - left
            guard code == Z_OK || code == Z_STREAM_END, used > 0 || !output.isEmpty else {
                throw UnpackingError(code == Z_MEM_ERROR ? .memory : .malformed, "a Deflate stream is damaged")
            }
            return (output, used, code == Z_STREAM_END)
        }
    }
}
