internal import CZlib

/// One stream of zlib's formats, decoded piece by piece into a scratch file.
@safe struct ZlibStream: ~Copyable {
    enum Format: CInt {
        /// RFC 1950.
        case zlib = 15
        /// RFC 1951, without a header and a checksum.
        case raw = -15
    }

    private static let blockLength = 1 << 16

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `.memory`.
    init(_ format: Format) throws(UnpackingError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let code = unsafe inflateInit2_(
            stream, format.rawValue, zlibVersion(), CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            unsafe stream.deallocate()
            throw UnpackingError(.memory, "no memory for a zlib stream")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decodes a stream that begins with the slice.
    ///
    /// - Parameter write: gets each piece.
    /// - Returns: the packed and the unpacked length.
    /// - Throws: `.truncated`, `.malformed`; `.tooLarge` with more than `limit` bytes.
    func decode(
        _ slice: FileSlice, limit: Int64, _ write: (ArraySlice<UInt8>, Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) -> (packed: Int64, unpacked: Int64) {
        var (read, written): (Int64, Int64) = (0, 0)
        var output = [UInt8](repeating: 0, count: Self.blockLength)
        while true {
            var input = try slice.bytes(at: read, count: Self.blockLength)
            guard !input.isEmpty else { throw UnpackingError(.truncated, "a zlib stream without an end") }
            var used = 0
            var isFull = false
            // A full output buffer may hide more output that needs no further input.
            while used < input.count || isFull {
                let (code, taken, given) = unsafe input.withUnsafeMutableBufferPointer { input in
                    unsafe output.withUnsafeMutableBufferPointer { output in
                        unsafe step(UnsafeMutableBufferPointer(rebasing: input[used...]), output)
                    }
                }
                used += taken
                isFull = given == output.count
                guard Int64(given) <= limit - written else {
                    throw UnpackingError(.tooLarge, "a stream of more than \(limit) bytes")
                }
                if given > 0 { try write(output[..<given], written) }
                written += Int64(given)
                switch code {
                case Z_STREAM_END: return (read + Int64(used), written)
                case Z_OK where taken > 0 || given > 0: continue
                case Z_BUF_ERROR where used == input.count: isFull = false
                case Z_MEM_ERROR: throw UnpackingError(.memory, "no memory for a zlib stream")
                default: throw UnpackingError(.malformed, "a damaged zlib stream")
                }
            }
            read += Int64(input.count)
            guard read < slice.size else { throw UnpackingError(.truncated, "a zlib stream without an end") }
        }
    }

    fileprivate func step(
        _ input: UnsafeMutableBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> (code: CInt, taken: Int, given: Int) {
        unsafe stream.pointee.next_in = input.baseAddress
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let code = unsafe inflate(stream, Z_NO_FLUSH)
        let left = unsafe (Int(stream.pointee.avail_in), Int(stream.pointee.avail_out))
        return (code, input.count - left.0, output.count - left.1)
    }
}

extension ZlibStream {
    /// Decodes a zlib stream in memory.
    ///
    /// - Throws: `.malformed` if it has not exactly `size` bytes, `.memory`.
    static func decode(_ packed: [UInt8], size: Int) throws(UnpackingError) -> [UInt8] {
        var input = packed
        // One byte more, to notice a longer stream.
        var output = [UInt8](repeating: 0, count: size + 1)
        let stream = try ZlibStream(.zlib)
        let (code, given) = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                let (code, _, given) = unsafe stream.step(input, output)
                return (code, given)
            }
        }
        guard code == Z_STREAM_END, given == size else { throw UnpackingError(.malformed, "a damaged zlib stream") }
        output.removeLast()
        return output
    }

    enum Probe { case ended, unfinished, damaged }

    /// Decodes the beginning of a stream, and throws the result away.
    static func probe(_ start: [UInt8]) -> Probe {
        guard let stream = try? ZlibStream(.zlib) else { return .unfinished }
        var input = start
        var output = [UInt8](repeating: 0, count: blockLength)
        var used = 0
        while true {
            let (code, taken, given) = unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe stream.step(UnsafeMutableBufferPointer(rebasing: input[used...]), output)
                }
            }
            used += taken
            switch code {
            case Z_STREAM_END: return .ended
            case Z_OK where used < start.count && taken + given > 0: continue
            case Z_OK, Z_BUF_ERROR: return .unfinished
            default: return .damaged
            }
        }
    }
}
