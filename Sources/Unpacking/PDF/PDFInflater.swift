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

    /// The header of zlib or of gzip; none; none behind two bytes that ought to be one.
    private static let attempts: [(format: ZlibStream.Format, start: Int64)] = [
        (.zlibOrGzip, 0), (.raw, 0), (.raw, 2),
    ]

    /// - Parameters:
    ///   - read: returns the input from an offset on: a block of it, or nothing at its end.
    ///   - write: takes the next output, and returns false to stop.
    static func inflate(
        reading read: (Int64) throws(UnpackingError) -> [UInt8],
        writing write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> End {
        for attempt in attempts {
            var hasOutput = false
            var stream = try ZlibStream(attempt.format)
            let (end, _) = try stream.run(from: attempt.start, reading: read) { bytes throws(UnpackingError) in
                hasOutput = true
                return try write(bytes)
            }
            switch end {
            // All bytes were decoded; readers do not mind a wrong checksum.
            case .whole, .cut, .wrongSum: return .whole
            case .stopped: return .stopped
            case .damaged: if hasOutput { return .damaged }
            }
        }
        return .damaged
    }
}
