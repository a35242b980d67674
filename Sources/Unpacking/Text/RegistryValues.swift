/// The hexadecimal values of a file of the Windows registry (REGEDIT4, or version 5.00).
struct RegistryValues {
    /// The longest piece of a value that is handed out at once.
    private static let longest = 1 << 20

    private var lines: TextLines
    /// Whether the last line goes on.
    private var isInValue = false
    private var decoder = WrittenByteDecoder(.digits)

    init(_ layer: FileSlice, from start: Int64) { lines = TextLines(layer, in: start..<layer.size) }

    /// Returns the bytes of the next value, or of a long one's next piece. A text in UTF-16 is without its zeros.
    mutating func next() throws(UnpackingError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let line = try lines.next() {
            var text = line.bytes[...]
            if !isInValue {
                guard let start = Self.valueStart(line.bytes) else { continue }
                text = text[start...]
                decoder = WrittenByteDecoder(.digits)
            }
            for byte in text where !decoder.isAtEnd { decoder.add(byte) }
            let isPiece = line.contentEnd == line.next
            isInValue = isPiece || text.last { $0 > 0x20 } == 0x5C
            bytes += decoder.take(isLast: !isInValue)
            if !isInValue || bytes.count >= Self.longest { return Self.narrowed(bytes) }
        }
        return bytes.isEmpty ? nil : Self.narrowed(bytes)
    }

    /// Behind `=hex:` or `=hex(2):`.
    private static func valueStart(_ line: [UInt8]) -> Int? {
        guard let mark = line.index(of: Array("=hex".utf8)) else { return nil }
        return line[mark...].prefix(16).firstIndex(of: 0x3A).map { $0 + 1 }
    }

    private static func narrowed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 3, stride(from: 1, to: bytes.count, by: 2).allSatisfy({ bytes[$0] == 0 }) else {
            return bytes
        }
        return stride(from: 0, to: bytes.count, by: 2).map { bytes[$0] }
    }
}
