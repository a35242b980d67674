/// The first header of an installer made by NSIS, behind its program.
package struct NSISHeader {
    static let mark: [UInt8] = [0xEF, 0xBE, 0xAD, 0xDE] + Array("NullsoftInst".utf8)
    static let markOffset = 4
    private static let length = 28

    /// Bytes from the header's start to the end of the packed data, as the header declares them.
    let size: Int64
    /// Whether one deflate stream holds everything: the engine does not take it apart.
    package let isSolidDeflate: Bool

    private static let maximumCandidates = 64

    /// Whether a program carries an installer.
    package static func isIn(_ slice: FileSlice) throws(UnpackingError) -> Bool {
        var offset: Int64 = 0
        for _ in 0..<maximumCandidates {
            guard let place = try slice.firstOffset(of: mark, in: offset..<slice.size) else { return false }
            let start = place - Int64(markOffset)
            if NSISHeader(try slice.bytes(at: start, count: 64)) != nil { return true }
            offset = place + 1
        }
        return true
    }

    /// Returns nil for what is no header.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length + 8, bytes[Self.markOffset...].starts(with: Self.mark),
            bytes.number(4, at: 0) < 32
        else { return nil }
        let (header, size) = (bytes.number(4, at: 20), bytes.number(4, at: 24))
        guard header > 0, size > UInt64(Self.length) else { return nil }
        self.size = Int64(size)
        let data = bytes[Self.length...]
        let first = data.startIndex
        let isLZMA =
            data.starts(with: [0x5D, 0, 0]) || data[first] <= 1 && data.dropFirst().starts(with: [0x5D, 0, 0])
        let isBzip2 = data[first] == 0x31 && data[first + 1] < 14
        // Each file has a length of its own, whose highest bit says that it is packed.
        let isSeparate = data[first + 3] == 0x80 || data.number(4, at: 0) == header
        isSolidDeflate = !isLZMA && !isBzip2 && !isSeparate
    }
}
