extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// Returns the little-endian number of `count` bytes at `offset` from the start. Bytes beyond the end count as
    /// zero.
    func number(_ count: Int, at offset: Int) -> UInt64 {
        var number: UInt64 = 0
        for position in (0..<count).reversed() {
            let index = startIndex + offset + position
            number = number << 8 | (index < endIndex ? UInt64(self[index]) : 0)
        }
        return number
    }
}

extension Int64 {
    /// An offset or a length as hostile bytes give it, at most 2^60, so that two of them can be added.
    init(bounding number: UInt64) { self = Int64(Swift.min(number, 1 << 60)) }
}
