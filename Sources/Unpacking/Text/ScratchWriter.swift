/// Writes decoded bytes to a scratch file, from its start on, in blocks.
struct ScratchWriter {
    private static let blockLength = 64 << 10

    private let file: CInt
    private let limit: Int64
    private var written: Int64 = 0
    private var block: [UInt8] = []

    /// The number of bytes so far.
    var count: Int64 { written + Int64(block.count) }

    /// - Parameter limit: the most bytes that the file may get.
    init(_ file: CInt, limit: Int64) {
        self.file = file
        self.limit = limit
        block.reserveCapacity(Self.blockLength)
    }

    /// - Throws: `.tooLarge`, `.scratch`, `.scratchFull`.
    mutating func append(_ byte: UInt8) throws(UnpackingError) {
        block.append(byte)
        if block.count >= Self.blockLength { try flush() }
    }

    /// - Throws: `.tooLarge`, `.scratch`, `.scratchFull`.
    mutating func append(_ bytes: some Collection<UInt8>) throws(UnpackingError) {
        block.append(contentsOf: bytes)
        if block.count >= Self.blockLength { try flush() }
    }

    /// Writes what is left, and returns the file's size.
    mutating func finish() throws(UnpackingError) -> Int64 {
        try flush()
        return written
    }

    private mutating func flush() throws(UnpackingError) {
        guard count <= limit else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
        try writeScratch(block[...], to: file, at: written)
        written += Int64(block.count)
        block.removeAll(keepingCapacity: true)
    }
}
