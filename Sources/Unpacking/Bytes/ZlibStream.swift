internal import CZlib

/// One stream of Deflate data (RFC 1951), with the header of zlib (RFC 1950) or of gzip, or without one. Its memory is
/// 40 KiB, whatever the input.
@safe struct ZlibStream: ~Copyable {
    enum Format: CInt {
        case zlib = 15
        /// Without a header and a checksum.
        case raw = -15
        case zlibOrGzip = 47
    }

    /// How a stream ended.
    enum End: Equatable {
        case whole
        /// Its input ended before.
        case cut
        case damaged
        /// All of it was decoded, and the checksum behind it is wrong.
        case wrongSum
        /// The writer has enough.
        case stopped
    }

    /// One step: how many bytes were taken and made, and how the stream ended, if it did.
    struct Step {
        let taken: Int
        let made: Int
        let end: End?
    }

    static let blockLength = 1 << 16

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `.memory`.
    init(_ format: Format) throws(UnpackingError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe czlib_inflate_init(stream, format.rawValue) == Z_OK else {
            unsafe stream.deallocate()
            throw Self.noMemory
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Makes it ready for another stream's beginning.
    ///
    /// - Throws: `.memory`.
    mutating func reset() throws(UnpackingError) {
        guard unsafe inflateReset(stream) == Z_OK else { throw Self.noMemory }
    }

    /// Decodes from `input`, from an offset on, into `output`. A full output may hide more that needs no input.
    ///
    /// - Throws: `.memory`.
    mutating func step(
        _ input: [UInt8], from start: Int, into output: inout [UInt8]
    ) throws(UnpackingError) -> Step {
        let (code, taken, made) = unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                // zlib does not write to its input.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress.map { unsafe $0 + start })
                unsafe stream.pointee.avail_in = UInt32(source.count - start)
                unsafe stream.pointee.next_out = target.baseAddress
                unsafe stream.pointee.avail_out = UInt32(target.count)
                let code = unsafe inflate(stream, Z_NO_FLUSH)
                return unsafe (
                    code, source.count - start - Int(stream.pointee.avail_in),
                    target.count - Int(stream.pointee.avail_out)
                )
            }
        }
        switch code {
        case Z_STREAM_END: return Step(taken: taken, made: made, end: .whole)
        case Z_OK: return Step(taken: taken, made: made, end: nil)
        // No input, or no progress.
        case Z_BUF_ERROR: return Step(taken: taken, made: made, end: start == input.count ? nil : .damaged)
        case Z_MEM_ERROR: throw Self.noMemory
        default:
            return Step(taken: taken, made: made, end: unsafe isChecksum(stream.pointee.msg) ? .wrongSum : .damaged)
        }
    }

    private func isChecksum(_ message: UnsafePointer<CChar>?) -> Bool {
        guard let message = unsafe message else { return false }
        let text = unsafe String(cString: message)
        return text == "incorrect data check" || text == "incorrect length check"
    }

    /// Decodes a stream to its end.
    ///
    /// - Parameters:
    ///   - start: the stream's offset.
    ///   - read: returns the input from an offset on: a block of it, or nothing at its end.
    ///   - write: takes the next output, and returns false to stop.
    /// - Returns: how it ended, and the offset behind the last byte that was taken.
    mutating func run(
        from start: Int64, reading read: (Int64) throws(UnpackingError) -> [UInt8],
        writing write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> (end: End, position: Int64) {
        var (offset, input, output) = (start, [UInt8](), [UInt8](repeating: 0, count: Self.blockLength))
        var (used, isFull) = (0, false)
        while true {
            if used == input.count, !isFull {
                offset += Int64(used)
                (input, used) = (try read(offset), 0)
                if input.isEmpty { return (.cut, offset) }
            }
            let step = try step(input, from: used, into: &output)
            used += step.taken
            isFull = step.made == output.count
            let position = offset + Int64(used)
            if step.made > 0, try !write(output[..<step.made]) { return (.stopped, position) }
            if let end = step.end { return (end, position) }
        }
    }

    /// Decodes a stream to its end, or as far as `declaredSize` bytes if its input ends there.
    ///
    /// - Parameter write: gets each piece, and its offset in the output.
    /// - Returns: the number of decoded bytes, and the offset at which the stream ends.
    /// - Throws: `.truncated`, `.malformed`; `.tooLarge` with more than `limit` bytes.
    mutating func decode(
        from start: Int64 = 0, limit: Int64, declaredSize: Int64? = nil,
        reading read: (Int64) throws(UnpackingError) -> [UInt8],
        _ write: (ArraySlice<UInt8>, Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) -> (size: Int64, end: Int64) {
        var written: Int64 = 0
        let (end, position) = try run(from: start, reading: read) { piece throws(UnpackingError) in
            guard Int64(piece.count) <= limit - written else {
                throw UnpackingError(.tooLarge, "a stream of more than \(limit) bytes")
            }
            try write(piece, written)
            written += Int64(piece.count)
            return true
        }
        switch end {
        case .whole: return (written, position)
        case .cut:
            guard let declaredSize, written >= declaredSize else {
                throw UnpackingError(.truncated, "a zlib stream without an end")
            }
            return (written, position)
        case .damaged, .wrongSum, .stopped: throw UnpackingError(.malformed, "a damaged zlib stream")
        }
    }

    /// Decodes one block of a stream.
    ///
    /// - Returns: whether the stream has ended.
    /// - Throws: `.malformed`, and what the writer throws.
    mutating func decode(_ block: [UInt8], to writer: inout ScratchWriter) throws(UnpackingError) -> Bool {
        var output = [UInt8](repeating: 0, count: Self.blockLength)
        var (used, isFull) = (0, false)
        while used < block.count || isFull {
            let step = try step(block, from: used, into: &output)
            used += step.taken
            isFull = step.made == output.count
            try writer.append(output[..<step.made])
            switch step.end {
            case nil: continue
            case .whole: return true
            default: throw UnpackingError(.malformed, "a damaged zlib stream")
            }
        }
        return false
    }

    private static let noMemory = UnpackingError(.memory, "no memory for a zlib stream")
}

extension ZlibStream {
    /// Decodes a zlib stream in memory.
    ///
    /// - Throws: `.malformed` if it has not exactly `size` bytes, `.memory`.
    static func decode(_ packed: [UInt8], size: Int) throws(UnpackingError) -> [UInt8] {
        // One byte more, to notice a longer stream.
        var output = [UInt8](repeating: 0, count: size + 1)
        var stream = try ZlibStream(.zlib)
        let step = try stream.step(packed, from: 0, into: &output)
        guard step.end == .whole, step.made == size else {
            throw UnpackingError(.malformed, "a damaged zlib stream")
        }
        output.removeLast()
        return output
    }

    /// Returns the first decoded bytes of a stream, at most `count`. Nil if the stream is not valid.
    static func prefix(of input: [UInt8], _ format: Format, count: Int) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: count)
        guard var stream = try? ZlibStream(format), let step = try? stream.step(input, from: 0, into: &output),
            step.end == nil || step.end == .whole, step.taken + step.made > 0
        else { return nil }
        return Array(output[..<step.made])
    }

    enum Probe {
        case ended, unfinished
        /// How many bytes decoded before the damage.
        case damaged(Int)
    }

    /// Fewer bytes may decode to an end by chance, if not to the right checksum.
    private static let fewestSummedBytes = 48

    /// Decodes the beginning of a zlib stream, and throws the result away.
    static func probe(_ start: [UInt8]) -> Probe {
        guard var stream = try? ZlibStream(.zlib) else { return .unfinished }
        var output = [UInt8](repeating: 0, count: blockLength)
        var used = 0
        while used < start.count {
            guard let step = try? stream.step(start, from: used, into: &output) else { return .unfinished }
            used += step.taken
            if let end = step.end {
                return end == .whole || end == .wrongSum && used >= fewestSummedBytes ? .ended : .damaged(used)
            }
        }
        return .unfinished
    }
}

extension FileSlice {
    /// Decodes a stream that begins with the slice.
    ///
    /// - Parameter write: gets each piece, and its offset in the output.
    /// - Returns: the packed and the unpacked length.
    /// - Throws: as `ZlibStream.decode`.
    func inflate(
        _ format: ZlibStream.Format, limit: Int64,
        _ write: (ArraySlice<UInt8>, Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) -> (packed: Int64, unpacked: Int64) {
        var stream = try ZlibStream(format)
        let (size, end) = try stream.decode(
            limit: limit,
            reading: { offset throws(UnpackingError) in try bytes(at: offset, count: ZlibStream.blockLength) }, write)
        return (end, size)
    }
}

extension ScatteredSlice {
    /// Decodes a stream that begins at `start` to a scratch file.
    ///
    /// - Returns, throws: as `ZlibStream.decode`.
    func inflate(
        _ format: ZlibStream.Format, from start: Int64, into file: CInt, limit: Int64, declaredSize: Int64? = nil
    ) throws(UnpackingError) -> (size: Int64, end: Int64) {
        var stream = try ZlibStream(format)
        return try stream.decode(
            from: start, limit: limit, declaredSize: declaredSize,
            reading: { offset throws(UnpackingError) in try bytes(at: offset, count: ZlibStream.blockLength) },
            { piece, offset throws(UnpackingError) in try writeScratch(piece, to: file, at: offset) })
    }
}
