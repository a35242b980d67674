internal import CZlib

/// A stream of Deflate data, decoded in blocks.
@safe struct Inflation: ~Copyable {
    enum Wrapper: CInt {
        /// RFC 1950.
        case zlib = 15
        /// RFC 1951: no header, no checksum.
        case none = -15
    }

    private static let blockLength = 64 << 10

    /// Allocated, since zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `.memory`.
    init(_ wrapper: Wrapper) throws(UnpackingError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard
            unsafe inflateInit2_(
                stream, wrapper.rawValue, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw UnpackingError(.memory, "zlib has no stream") }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decodes one block.
    ///
    /// - Returns: whether the stream has ended.
    /// - Throws: `.malformed`, and what the writer throws.
    mutating func decode(_ block: [UInt8], to writer: inout ScratchWriter) throws(UnpackingError) -> Bool {
        var input = block
        var output = [UInt8](repeating: 0, count: Self.blockLength)
        var used = 0
        while true {
            let before = used
            var code = Z_OK
            let produced = unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + used }
                    unsafe stream.pointee.avail_in = UInt32(input.count - used)
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    unsafe code = inflate(stream, Z_NO_FLUSH)
                    unsafe used = input.count - Int(stream.pointee.avail_in)
                    return unsafe output.count - Int(stream.pointee.avail_out)
                }
            }
            try writer.append(output[..<produced])
            if code == Z_STREAM_END { return true }
            guard code == Z_OK || code == Z_BUF_ERROR else { throw UnpackingError(.malformed, "not a zlib stream") }
            if produced < output.count, used == block.count || used == before { return false }
        }
    }

    /// Decodes a stream that begins at `offset`, and returns whether it ended.
    static func decode(
        _ slice: FileSlice, from offset: Int64, _ wrapper: Wrapper, to writer: inout ScratchWriter
    ) throws(UnpackingError) -> Bool {
        var inflation = try Inflation(wrapper)
        var position = offset
        while position < slice.size {
            let block = try slice.bytes(at: position, count: Self.blockLength)
            position += Int64(block.count)
            if try inflation.decode(block, to: &writer) { return true }
        }
        return false
    }
}

extension Inflation {
    /// Whether the first bytes of a zlib stream that would begin at `offset` decode.
    static func decodesFirstBlock(of slice: FileSlice, from offset: Int64) -> Bool {
        guard let block = try? slice.bytes(at: offset, count: 1024) else { return false }
        var input = block
        var output = [UInt8](repeating: 0, count: 16)
        guard let inflation = try? Inflation(.zlib) else { return false }
        return unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe inflation.stream.pointee.next_in = input.baseAddress
                unsafe inflation.stream.pointee.avail_in = UInt32(input.count)
                unsafe inflation.stream.pointee.next_out = output.baseAddress
                unsafe inflation.stream.pointee.avail_out = UInt32(output.count)
                let code = unsafe inflate(inflation.stream, Z_NO_FLUSH)
                let isWorking = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR
                return unsafe isWorking && inflation.stream.pointee.avail_out < 16
            }
        }
    }
}
