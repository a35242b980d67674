internal import CZlib

/// Decodes Deflate as readers of PDF do: with the header of zlib or of gzip, with a damaged header, or without one.
enum PDFInflater {
    enum End: Equatable {
        /// The stream's own end, or that of its input: readers accept a stream without an end.
        case whole
        /// Invalid data. What a reader makes of the rest is its own affair.
        case damaged
        /// The sink has enough.
        case stopped
    }

    private static let blockLength = 1 << 16
    /// The header of zlib or of gzip; none; none behind two bytes that ought to be one.
    private static let attempts: [(bits: CInt, start: Int64)] = [(47, 0), (-15, 0), (-15, 2)]

    /// - Parameters:
    ///   - read: returns the input from an offset on: a block of it, or nothing at its end.
    ///   - write: takes the next output, and returns false to stop.
    static func inflate(
        reading read: (Int64) throws(UnpackingError) -> [UInt8],
        writing write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> End {
        for attempt in attempts {
            var hasOutput = false
            let end = try run(attempt.bits, from: attempt.start, reading: read) { bytes throws(UnpackingError) in
                hasOutput = true
                return try write(bytes)
            }
            if end != .damaged || hasOutput { return end }
        }
        return .damaged
    }

    private static func run(
        _ bits: CInt, from start: Int64, reading read: (Int64) throws(UnpackingError) -> [UInt8],
        writing write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> End {
        var stream = unsafe z_stream()
        guard unsafe czlib_inflate_init(&stream, bits) == Z_OK else { throw UnpackingError(.memory, "zlib") }
        defer { unsafe _ = inflateEnd(&stream) }
        var (offset, input, output) = (start, [UInt8](), [UInt8](repeating: 0, count: blockLength))
        var used = 0
        while true {
            if used == input.count {
                offset += Int64(used)
                (input, used) = (try read(offset), 0)
                if input.isEmpty { return .whole }
            }
            let (code, taken, made) = unsafe input.withUnsafeMutableBufferPointer { source in
                unsafe output.withUnsafeMutableBufferPointer { target in
                    unsafe stream.next_in = source.baseAddress! + used
                    unsafe stream.avail_in = UInt32(source.count - used)
                    unsafe stream.next_out = target.baseAddress
                    unsafe stream.avail_out = UInt32(target.count)
                    let code = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                    return unsafe (
                        code, source.count - used - Int(stream.avail_in), target.count - Int(stream.avail_out)
                    )
                }
            }
            used += taken
            if made > 0, try !write(output[..<made]) { return .stopped }
            switch code {
            case Z_STREAM_END: return .whole
            case Z_OK, Z_BUF_ERROR: if taken == 0 && made == 0 { return .whole }
            // All bytes were decoded; readers do not mind a wrong checksum.
            case Z_DATA_ERROR where unsafe isChecksum(stream.msg): return .whole
            default: return .damaged
            }
        }
    }

    private static func isChecksum(_ message: UnsafePointer<CChar>?) -> Bool {
        guard let message = unsafe message else { return false }
        let text = unsafe String(cString: message)
        return text == "incorrect data check" || text == "incorrect length check"
    }
}
