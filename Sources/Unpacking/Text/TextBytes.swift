/// A text as single bytes: UTF-16 is narrowed, so that a search for ASCII works. Other characters read as 0x7F.
struct TextBytes {
    private let layer: FileSlice
    /// Whether a character has two bytes, and the index of its low one.
    private let lowByte: Int?

    init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        let head = try layer.bytes(at: 0, count: 4)
        switch head.count < 4 ? [] : Array(head.prefix(2)) {
        case [0xFF, 0xFE]: lowByte = 0
        case [0xFE, 0xFF]: lowByte = 1
        case [0x3C, 0] where head[3] == 0: lowByte = 0
        case [0, 0x3C] where head[2] == 0: lowByte = 1
        default: lowByte = nil
        }
    }

    var count: Int64 { lowByte == nil ? layer.size : layer.size / 2 }

    func bytes(at offset: Int64, count: Int) throws(UnpackingError) -> [UInt8] {
        guard let lowByte else { return try layer.bytes(at: offset, count: count) }
        let pairs = try layer.bytes(at: 2 * offset, count: 2 * count)
        return stride(from: 0, to: pairs.count - 1, by: 2).map {
            pairs[$0 + 1 - lowByte] == 0 ? pairs[$0 + lowByte] : 0x7F
        }
    }
}
