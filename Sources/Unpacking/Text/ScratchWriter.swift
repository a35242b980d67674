/// Writes decoded bytes to a scratch file, from its start on, in blocks.
struct ScratchWriter {
    private static let blockLength = 64 << 10

    private let file: CInt
    private let limit: Int64
    private let lineEnds: LineEnds?
    /// Whether the last byte was CR.
    private var isAfterReturn = false
    private var written: Int64 = 0
    private var block: [UInt8] = []

    /// The number of bytes so far.
    var count: Int64 { written + Int64(block.count) }

    /// How line ends are written.
    enum LineEnds: Sendable {
        /// CRLF becomes LF.
        case lineFeed
        /// LF without CR becomes CRLF.
        case both
    }

    /// - Parameters:
    ///   - limit: the most bytes that the file may get.
    ///   - lineEnds: nil leaves them as they are.
    init(_ file: CInt, limit: Int64, lineEnds: LineEnds? = nil) {
        self.file = file
        self.limit = limit
        self.lineEnds = lineEnds
        block.reserveCapacity(Self.blockLength)
    }

    /// - Throws: `.tooLarge`, `.scratch`, `.scratchFull`.
    mutating func append(_ byte: UInt8) throws(UnpackingError) {
        if let lineEnds { add(CollectionOfOne(byte), lineEnds) } else { block.append(byte) }
        if block.count >= Self.blockLength { try flush() }
    }

    /// - Throws: `.tooLarge`, `.scratch`, `.scratchFull`.
    mutating func append(_ bytes: some Collection<UInt8>) throws(UnpackingError) {
        if let lineEnds { add(bytes, lineEnds) } else { block.append(contentsOf: bytes) }
        if block.count >= Self.blockLength { try flush() }
    }

    private mutating func add(_ bytes: some Collection<UInt8>, _ lineEnds: LineEnds) {
        for byte in bytes {
            if byte == 0x0A {
                switch lineEnds {
                case .lineFeed: if isAfterReturn, block.last == 0x0D { block.removeLast() }
                case .both: if !isAfterReturn { block.append(0x0D) }
                }
            }
            block.append(byte)
            isAfterReturn = byte == 0x0D
        }
    }

    /// Writes what is left, and returns the file's size.
    mutating func finish() throws(UnpackingError) -> Int64 {
        try flush(isLast: true)
        return written
    }

    private mutating func flush(isLast: Bool = false) throws(UnpackingError) {
        guard count <= limit else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
        // A CR waits for the LF that may follow.
        let kept = lineEnds == .lineFeed && block.last == 0x0D && !isLast ? 1 : 0
        try writeScratch(block.dropLast(kept), to: file, at: written)
        written += Int64(block.count - kept)
        block.removeFirst(block.count - kept)
    }
}
