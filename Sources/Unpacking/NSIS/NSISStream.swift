/// One packed stream of an NSIS installer, decoded from its beginning to its end.
struct NSISStream: ~Copyable {
    private let slice: FileSlice
    private var deflate: Inflater?
    private var bzip2: NSISBunzip?
    private var lzma: RawLZMA?
    /// How far a stream was read that is not packed.
    private var position: Int64 = 0
    /// Decoded bytes that were not taken yet, from `index` on.
    private var pending: [UInt8] = []
    private var index = 0
    private var hasEnded = false
    /// The number of bytes that were taken.
    private(set) var count: Int64 = 0

    /// - Parameter slice: begins with the stream.
    init(_ slice: FileSlice, _ packing: NSISPacking) throws(UnpackingError) {
        self.slice = slice
        switch packing.method {
        case .stored: break
        case .deflate: deflate = Inflater(slice, .nsis)
        case .bzip2: bzip2 = NSISBunzip(slice, at: 0)
        case .lzma: lzma = try RawLZMA(slice, hasFilterByte: packing.hasFilterByte)
        }
    }

    /// Takes some more bytes, at most `limit`. Returns none at the stream's end.
    ///
    /// - Throws: `.malformed`, `.truncated`, `.memory`.
    mutating func next(limit: Int) throws(UnpackingError) -> ArraySlice<UInt8> {
        if index == pending.count, !hasEnded {
            pending = try decode()
            index = 0
            hasEnded = pending.isEmpty
        }
        let taken = pending[index..<min(pending.count, index + limit)]
        index += taken.count
        count += Int64(taken.count)
        return taken
    }

    /// Takes exactly `count` bytes.
    ///
    /// - Throws: `.truncated` if the stream ends before.
    mutating func read(_ count: Int) throws(UnpackingError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try next(limit: count - bytes.count)
            guard !more.isEmpty else { throw UnpackingError(.truncated, "an NSIS stream ends early") }
            bytes += more
        }
        return bytes
    }

    /// Whether all bytes were taken.
    mutating func isAtEnd() throws(UnpackingError) -> Bool {
        guard index == pending.count else { return false }
        guard try next(limit: 1).isEmpty else {
            (index, count) = (index - 1, count - 1)
            return false
        }
        return true
    }

    private mutating func decode() throws(UnpackingError) -> [UInt8] {
        if let bytes = try deflate?.next() { return bytes }
        if let bytes = try bzip2?.next() { return bytes }
        if let bytes = try lzma?.next() { return bytes }
        let block = try slice.bytes(at: position, count: 1 << 16)
        position += Int64(block.count)
        return block
    }

    /// The offset in the slice behind the stream's last byte, once it is at its end.
    var end: Int64 { deflate?.input.position ?? bzip2?.input.position ?? lzma?.position ?? position }
}
