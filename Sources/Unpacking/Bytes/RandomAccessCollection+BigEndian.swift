extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// Returns the big-endian number of `count` bytes at `offset` from the start. Bytes beyond the end count as zero.
    func bigNumber(_ count: Int, at offset: Int) -> UInt64 {
        var number: UInt64 = 0
        for position in 0..<count {
            let index = startIndex + offset + position
            number = number << 8 | (index < endIndex ? UInt64(self[index]) : 0)
        }
        return number
    }
}
