/// One part of a file in yEnc ("yEnc - Efficient encoding for Usenet and eMail", version 1.3): a `=ybegin` line, lines
/// of 8-bit data, a `=yend` line.
struct YEncBlock: Sendable, Equatable {
    let range: Range<Int64>
    let dataRange: Range<Int64>
    let name: [UInt8]
    /// The part's place in the file, from its `=ypart` line; 0 if the file has one part.
    let position: Int64
    /// Whether a line begins with two dots: posted news has one of them for a dot.
    let hasDoubledDots: Bool

    private static let mark = Array("=ybegin ".utf8)

    /// Returns the block whose `=ybegin` line begins at `offset`, or nil if it is none.
    static func find(in slice: FileSlice, at offset: Int64) throws(UnpackingError) -> YEncBlock? {
        var lines = TextLines(slice, in: offset..<slice.size)
        guard let first = try lines.next(), first.bytes.starts(with: mark), field("size=", of: first.bytes) != nil
        else { return nil }
        let name = first.bytes.index(of: Array(" name=".utf8)).map { Array(first.bytes[($0 + 6)...]) } ?? []
        var (position, dataStart, end): (Int64, Int64, Int64) = (0, first.next, slice.size)
        var (dataEnd, hasDoubledDots) = (slice.size, false)
        while let line = try lines.next() {
            guard line.isStart else { continue }
            if line.start == dataStart, line.has("=ypart ") {
                dataStart = line.next
                position = field("begin=", of: line.bytes) ?? 0
            } else if line.has("=yend") {
                (dataEnd, end) = (line.start, line.next)
                break
            } else if line.has("=ybegin ") {
                (dataEnd, end) = (line.start, line.start)
                break
            } else if line.has("..") {
                hasDoubledDots = true
            }
        }
        guard dataEnd > dataStart else { return nil }
        return YEncBlock(
            range: offset..<end, dataRange: dataStart..<dataEnd, name: name, position: position,
            hasDoubledDots: hasDoubledDots)
    }

    static func isHead(_ slice: FileSlice, at offset: Int64) throws(UnpackingError) -> Bool {
        let line = try slice.bytes(at: offset, count: 512).prefix { $0 != 0x0A && $0 != 0x0D }
        return line.starts(with: mark) && field("size=", of: Array(line)) != nil
    }

    private static func field(_ name: String, of line: [UInt8]) -> Int64? {
        guard let index = line.index(of: Array(name.utf8)) else { return nil }
        let digits = line.dropFirst(index + name.utf8.count).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty || digits.count > 18 ? nil : digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// Decodes the part.
    ///
    /// - Parameter undoubles: whether two dots at a line's start stand for one.
    func decode(_ slice: FileSlice, undoubles: Bool, to writer: inout ScratchWriter) throws(UnpackingError) {
        var lines = TextLines(slice, in: dataRange)
        var isEscaped = false
        while let line = try lines.next() {
            var bytes = line.bytes[...]
            if undoubles, line.isStart, line.has("..") { bytes = bytes.dropFirst() }
            var decoded: [UInt8] = []
            decoded.reserveCapacity(bytes.count)
            for byte in bytes {
                if byte == 0x3D, !isEscaped {
                    isEscaped = true
                } else {
                    decoded.append(byte &- 42 &- (isEscaped ? 64 : 0))
                    isEscaped = false
                }
            }
            try writer.append(decoded)
        }
    }
}
