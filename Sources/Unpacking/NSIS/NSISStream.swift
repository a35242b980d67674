/// One packed stream of an NSIS installer, decoded from its beginning to its end.
struct NSISStream: ~Copyable {
    private let slice: FileSlice
    private var deflate: NSISInflater?
    private var bzip2: NSISBunzip?
    private var lzma: NSISLZMA?
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
        case .deflate: deflate = NSISInflater(slice, at: 0)
        case .bzip2: bzip2 = NSISBunzip(slice, at: 0)
        case .lzma: lzma = try NSISLZMA(slice, hasFilterByte: packing.hasFilterByte)
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

/// LZMA data with 5 bytes of properties before them, and a mark at their end.
final class NSISLZMA {
    private static let chunk = 1 << 16
    private static let maximumIdleSteps = 16

    private let slice: FileSlice
    private var decoder: StreamDecoder
    private var input: [UInt8] = []
    private var used = 0
    private var readEnd: Int64
    private var hasEnded = false

    /// The offset of the first byte that was not decoded.
    var position: Int64 { readEnd - Int64(input.count - used) }

    init(_ slice: FileSlice, hasFilterByte: Bool) throws(UnpackingError) {
        let head = try slice.bytes(at: 0, count: hasFilterByte ? 6 : 5)
        let properties = Array(head.suffix(5))
        guard head.count == (hasFilterByte ? 6 : 5), !hasFilterByte || head[0] <= 1 else {
            throw UnpackingError(.malformed, "an NSIS block without properties of LZMA")
        }
        guard properties.number(4, at: 1) <= DictionaryLimit.maximum else {
            throw UnpackingError(.memory, "a dictionary of \(properties.number(4, at: 1)) bytes")
        }
        var decoder = try StreamDecoder(.lzma)
        try decoder.start(rawLZMA: properties, isProgram: hasFilterByte && head[0] == 1)
        (self.slice, readEnd) = (slice, Int64(head.count))
        self.decoder = decoder
    }

    /// Decodes some more bytes. None are left at the stream's end.
    func next() throws(UnpackingError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.chunk)
        var idle = 0
        while !hasEnded {
            if used == input.count {
                (input, used) = (try slice.bytes(at: readEnd, count: Self.chunk), 0)
                readEnd += Int64(input.count)
            }
            let step = decoder.decode(input, from: used, into: &output)
            used += step.taken
            switch step.result {
            case .end: hasEnded = true
            case .memory: throw UnpackingError(.memory, "LZMA demands more memory than it may use")
            case .damaged, .unsupported: throw UnpackingError(.malformed, "damaged LZMA data")
            case .more where step.taken + step.made == 0:
                idle += 1
                guard readEnd < slice.size, idle < Self.maximumIdleSteps else {
                    throw UnpackingError(.truncated, "LZMA data without an end")
                }
            case .more: break
            }
            if step.made > 0 { return Array(output[..<step.made]) }
        }
        return []
    }
}
